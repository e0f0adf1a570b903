"""What the app tells: figures, and pages as they are sent. It goes between processes as JSON."""

from datetime import datetime
from decimal import Decimal

from pydantic import Base64Bytes, BaseModel, ConfigDict


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Moment(_Told):
    """The published state that was asked, and what was asked of it, as it reads.

    Of a page about the lake itself, `days` says when it was looked at, and there is no version.
    `path` is the page's, with its query, below the address of the dashboard.
    """

    version: str | None = None
    published_at: datetime | None = None
    through: str | None = None
    days: str
    compared: str | None = None
    narrowed: tuple[str, ...] = ()
    path: str


class Figure(_Told):
    """One figure. `value` is None when there is none: nothing was sold, nothing compares.

    Rates are in percent, and so is `change`, by which the value is above the one `before`.
    """

    name: str
    label: str
    value: Decimal | None
    text: str
    before: Decimal | None = None
    before_text: str | None = None
    change: Decimal | None = None
    change_text: str | None = None
    less_is_better: bool = False


class Measured(_Told):
    """A figure of a moment. A saved query has none: it reads what it names."""

    figure: Figure
    moment: Moment | None = None


class Sheet(_Told):
    """A table of a page as it reads, its first rows; `csv` holds all of them, exactly."""

    title: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int
    file: str
    csv: str


class Picture(_Told):
    """A chart as PNG, and what it shows."""

    title: str
    alt: str
    file: str
    png: Base64Bytes


class Page(_Told):
    """A page as it is sent. `sentence` is Markdown: **strong**, and backslashes before signs."""

    title: str
    question: str
    sentence: str
    moment: Moment
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]
    pictures: tuple[Picture, ...] = ()


class Refusal(_Told):
    """Why there is no figure, or no page; with the exit code that such an error has."""

    message: str
    hint: str
    exit_code: int
