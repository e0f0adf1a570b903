"""A message as text and as HTML: a headline, figures, tables, pictures and a link.

The HTML is what mail programs understand: tables, styles in place, nothing loaded from anywhere.
Colours are those that stay readable when a program turns them round for the night.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from lakehouse.notices import markdown
from lakehouse.notices.content import Figure, Picture, Sheet
from lakehouse.notices.state import File

_FONT = "font-family:Helvetica,Arial,sans-serif"
_PALE = "color:#64748b;font-size:13px"
_CELL = "padding:5px 8px;border-bottom:1px solid #cbd5e1;font-size:13px"
_GOOD, _BAD = "#15803d", "#b91c1c"


@dataclass(frozen=True)
class Letter:
    """What a message says. `sentence` is Markdown; `small` are the lines below it.

    Pictures are referred to by their file's name, as `cid:`.
    """

    title: str
    sentence: str
    small: Sequence[str]
    link: str
    figures: Sequence[Figure] = ()
    sheets: Sequence[Sheet] = ()
    pictures: Sequence[Picture] = ()
    foot: str = ""

    def as_text(self) -> str:
        """The plain part."""
        parts = [self.title, markdown.as_text(self.sentence), "\n".join(self.small)]
        parts.append("\n".join(_figure_line(each) for each in self.figures))
        parts += [_sheet_text(sheet) for sheet in self.sheets]
        parts += [self.link, self.foot]
        return "\n\n".join(part for part in parts if part) + "\n"

    def as_html(self) -> str:
        """The HTML part."""
        small = "<br>".join(escape(line) for line in self.small)
        body = [
            f'<h1 style="font-size:20px;margin:0 0 8px">{escape(self.title)}</h1>',
            f'<p style="font-size:16px;margin:0 0 8px">{markdown.as_html(self.sentence)}</p>',
            f'<p style="{_PALE};margin:0 0 16px">{small}</p>',
            _figures_html(self.figures),
            *(_picture_html(each) for each in self.pictures),
            *(_sheet_html(each) for each in self.sheets),
            f'<p style="margin:20px 0"><a href="{escape(self.link)}">Open the page</a></p>',
            f'<p style="{_PALE}">{escape(self.foot)}</p>',
        ]
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{escape(self.title)}</title></head>"
            f'<body style="{_FONT};max-width:680px;margin:0 auto;padding:16px;line-height:1.4">'
            f"{''.join(body)}</body></html>\n"
        )


def _figure_line(figure: Figure) -> str:
    change = f"  {figure.change_text}" if figure.change_text else ""
    before = f" (before: {figure.before_text})" if figure.before_text else ""
    return f"{figure.label}: {figure.text}{change}{before}"


def _figures_html(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    cells = []
    for each in figures:
        good = each.change is None or (each.change < 0) == each.less_is_better
        change = (
            f'<div style="font-size:13px;color:{_GOOD if good else _BAD}">'
            f"{escape(each.change_text)}</div>"
            if each.change_text
            else ""
        )
        before = f"vs {escape(each.before_text)}" if each.before_text else ""
        # Cells that stand in a line, and below each other on a phone.
        cells.append(
            '<div style="display:inline-block;vertical-align:top;min-width:118px;'
            'margin:0 8px 8px 0;padding:8px 12px;border:1px solid #cbd5e1;border-radius:8px">'
            f'<div style="{_PALE}">{escape(each.label)}</div>'
            f'<div style="font-size:22px">{escape(each.text)}</div>'
            f'{change}<div style="{_PALE}">{before}</div></div>'
        )
    return f"<div>{''.join(cells)}</div>"


def _picture_html(picture: Picture) -> str:
    return (
        f'<h2 style="font-size:15px;margin:20px 0 6px">{escape(picture.title)}</h2>'
        f'<img src="cid:{escape(picture.file)}" alt="{escape(picture.alt)}" '
        'style="width:100%;max-width:640px;height:auto;border-radius:6px">'
    )


def _sheet_html(sheet: Sheet) -> str:
    if not sheet.columns:
        return f'<p style="{_PALE};margin:20px 0 4px">{escape(_attached(sheet))}</p>'
    sides = ["right" if numeric else "left" for numeric in sheet.numeric]
    head = "".join(
        f'<th style="{_CELL};text-align:{side}">{escape(name)}</th>'
        for side, name in zip(sides, sheet.columns, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};text-align:{side}">{escape(cell)}</td>'
            for side, cell in zip(sides, row, strict=True)
        )
        + "</tr>"
        for row in sheet.rows
    )
    return (
        f'<h2 style="font-size:15px;margin:20px 0 6px">{escape(sheet.title)}</h2>'
        f'<table style="border-collapse:collapse;width:100%"><tr>{head}</tr>{rows}</table>'
        f'<p style="{_PALE};margin:4px 0">{escape(_left_out(sheet))}</p>'
    )


def _sheet_text(sheet: Sheet) -> str:
    if not sheet.columns:
        return _attached(sheet)
    rows = [sheet.columns, *sheet.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(sheet.columns))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, sheet.numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    told = _left_out(sheet)
    return "\n".join([f"{sheet.title}:", *lines, *([told] if told else [])])


def _attached(sheet: Sheet) -> str:
    return f"{sheet.title}: attached as {sheet.file}"


def _left_out(sheet: Sheet) -> str:
    if not sheet.left_out:
        return f"Attached: {sheet.file}"
    return f"{sheet.left_out:,} more are in {sheet.file}, attached."


def with_pictures(html: str, files: Iterable[File]) -> str:
    """The HTML part as a page of its own: its pictures in it."""
    for file in files:
        if file.is_picture:
            data = base64.b64encode(file.content).decode()
            html = html.replace(f'"cid:{file.name}"', f'"data:{file.kind};base64,{data}"')
    return html
