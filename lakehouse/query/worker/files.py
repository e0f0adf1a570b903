"""Files that Arrow reads for the engine: lines of text, and ORC.

Every file is a fragment that guarantees its path and the values of its partition, so that a
condition on them leaves out files before they are opened.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import IO

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.dataset as ds
from pyarrow.fs import FileInfo, FileSystemHandler, LocalFileSystem, PyFileSystem

from lakehouse.errors import QueryError
from lakehouse.query.worker.messages import Files
from lakehouse.query.worker.zipped import ENDING, open_zipped

PATH = "$path"
LINE = "line"
# What separates fields must be told to Arrow, and one character; a line is one field.
_NO_SEPARATOR = "\x7f"
# Of decompressed text; a line can't be longer.
_BLOCK = 8 << 20
_PEEKED = 1 << 16
_ZST = ".zst"


def datasets(asked: Files) -> list[ds.Dataset]:
    """The files as datasets, one for each schema that they have; none where there is no row.

    Raises QueryError HIVE_CANNOT_OPEN_SPLIT for a file that can't be read.
    """
    fields = [(name, pa.type_for_alias(kind)) for name, kind in asked.keys]
    guaranteed = pa.schema([(PATH, pa.string()), *fields])
    kind: ds.FileFormat = ds.OrcFileFormat() if asked.kind == "orc" else _lines(asked)
    groups: dict[tuple[str, ...], tuple[pa.Schema, list[ds.Fragment]]] = {}
    for path, values in asked.files:
        try:
            schema = _schema(kind, path, asked)
        except (OSError, pa.ArrowException) as e:
            message = f"HIVE_CANNOT_OPEN_SPLIT: {path} can't be read: {str(e).splitlines()[0]}"
            raise QueryError(message) from e
        if schema is None:
            continue
        expression = reduce(
            lambda a, b: a & b,
            [
                _holds(field, value)
                for field, value in zip(guaranteed, (path, *values), strict=True)
            ],
        )
        fragment = _fragment(kind, path, expression)
        key = tuple(f"{field.name} {field.type}" for field in schema)
        groups.setdefault(key, (schema, []))[1].append(fragment)
    return [
        ds.FileSystemDataset(fragments, pa.schema([*schema, *guaranteed]), kind, LocalFileSystem())
        for schema, fragments in groups.values()
    ]


def _fragment(kind: ds.FileFormat, path: str, expression: ds.Expression) -> ds.Fragment:
    if path.endswith(_ZST):
        named = PyFileSystem(_NamedAsArrowDoes(LocalFileSystem()))
        return kind.make_fragment(f"{path}d", named, partition_expression=expression)
    if path.endswith(ENDING):
        unzipped = PyFileSystem(_Unzipped(LocalFileSystem()))
        return kind.make_fragment(path, unzipped, partition_expression=expression)
    return kind.make_fragment(path, LocalFileSystem(), partition_expression=expression)


class _NamedAsArrowDoes(FileSystemHandler):  # type: ignore[misc] # pyarrow has no types
    """Local files; Arrow knows zstd by the ending `.zstd`, everybody else by `.zst`."""

    def __init__(self, files: LocalFileSystem) -> None:
        self._files = files

    def get_type_name(self) -> str:
        return "zst"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: Sequence[str]) -> list[FileInfo]:
        return list(self._files.get_file_info([path.removesuffix("d") for path in paths]))

    def open_input_stream(self, path: str) -> pa.NativeFile:
        return self._files.open_input_stream(path.removesuffix("d"), compression=None)

    def open_input_file(self, path: str) -> pa.NativeFile:
        return self._files.open_input_file(path.removesuffix("d"))

    def _nothing(self, *_: object) -> None:
        raise NotImplementedError("files are only read")

    get_file_info_selector = create_dir = delete_dir = delete_dir_contents = _nothing
    delete_root_dir_contents = delete_file = move = copy_file = _nothing
    open_output_stream = open_append_stream = _nothing


class _Unzipped(_NamedAsArrowDoes):
    """Local archives, as the file that is in each."""

    def get_type_name(self) -> str:
        return "zip"

    def open_input_stream(self, path: str) -> pa.NativeFile:
        return pa.PythonFile(open_zipped(path), mode="r")

    def open_input_file(self, path: str) -> pa.NativeFile:
        return self.open_input_stream(path)


def _holds(field: pa.Field, value: str | None) -> ds.Expression:
    column = ds.field(field.name)
    return column.is_null() if value is None else column == pa.scalar(value).cast(field.type)


def _schema(kind: ds.FileFormat, path: str, asked: Files) -> pa.Schema | None:
    if asked.kind == "orc":
        return kind.inspect(path, LocalFileSystem())
    return pa.schema([(LINE, pa.string())]) if _has_more_lines(path, asked.skip) else None


def _lines(asked: Files) -> ds.CsvFileFormat:
    return ds.CsvFileFormat(
        parse_options=pc.ParseOptions(
            delimiter=_NO_SEPARATOR,
            quote_char=False,
            double_quote=False,
            escape_char=False,
            newlines_in_values=False,
            ignore_empty_lines=False,
        ),
        read_options=pc.ReadOptions(
            column_names=[LINE], skip_rows=asked.skip, block_size=_BLOCK, encoding=asked.encoding
        ),
        convert_options=pc.ConvertOptions(
            column_types={LINE: pa.string()}, strings_can_be_null=False
        ),
    )


def _has_more_lines(path: str, skip: int) -> bool:
    """Whether anything stands behind the lines that are skipped: Arrow fails where nothing does."""
    with _opened(path) as stream:
        ends = 0
        for chunk in _chunks(stream):
            rest: Sequence[bytes] = chunk.split(b"\n", skip - ends)
            ends += len(rest) - 1
            if ends == skip and rest[-1]:
                return True
    return False


def _opened(path: str) -> pa.NativeFile | IO[bytes]:
    return open_zipped(path) if path.endswith(ENDING) else pa.input_stream(path, "detect")


def _chunks(stream: pa.NativeFile | IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_PEEKED):
        yield chunk
