"""The sheets of an .xlsx workbook as the CSV text they stand for."""

from collections.abc import Iterator
from pathlib import Path

import fastexcel
import polars as pl

from lakehouse.errors import SourceError


def sheet_texts(file: Path, rows: int | None = None) -> Iterator[tuple[str, bytes]]:
    """The name of each sheet that is not empty, and its rows (`rows` at most) as CSV in UTF-8.

    Dates are written as `2010-12-01 08:26:00`; a line break within a cell becomes a space, as a
    log line is one record. Raises SourceError when the file is no workbook.
    """
    try:
        workbook = fastexcel.read_excel(file)
        for name in workbook.sheet_names:
            sheet = workbook.load_sheet(
                name, header_row=None, n_rows=rows, dtypes="string"
            ).to_polars()
            if sheet.height:
                yield name, _as_csv(sheet)
    except fastexcel.FastExcelError as e:
        hint = "open it in a spreadsheet and save it again as .xlsx or .csv"
        raise SourceError(f"{file} is no workbook that can be read: {e}", hint=hint) from e


def _as_csv(sheet: pl.DataFrame) -> bytes:
    breaks = pl.all().str.replace_all(r"\s*[\r\n]+\s*", " ")
    return sheet.with_columns(breaks).write_csv(include_header=False).encode()
