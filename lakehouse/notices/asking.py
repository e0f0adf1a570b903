"""What the app is asked: the figure of an alert, or the page of a report; and its answer."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from lakehouse.catalog import open_catalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.notices.content import Measured, Page, Refusal
from lakehouse.notices.definitions import Alert, Report
from lakehouse.query.published_moment import Moment, UnpublishedError


class Question(BaseModel):
    """The figure of an alert, or the page of a report."""

    model_config = ConfigDict(frozen=True)

    alert: Alert | None = None
    report: Report | None = None


class Answer(BaseModel):
    """One of these."""

    model_config = ConfigDict(frozen=True)

    measured: Measured | None = None
    page: Page | None = None
    refusal: Refusal | None = None


class Asked(BaseModel):
    """Several questions: all are answered from one published state."""

    model_config = ConfigDict(frozen=True)

    settings: Settings
    questions: tuple[Question, ...]


class Answered(BaseModel):
    """An answer to each of the questions, in their order."""

    model_config = ConfigDict(frozen=True)

    answers: tuple[Answer, ...]


Ask = Callable[[Settings, Sequence[Question]], Sequence[Answer]]


class RefusedError(LakehouseError):
    """The app has no answer. The exit code is that of its reason."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, hint=refusal.hint)
        # What ends the process is told by the other one.
        self.exit_code = refusal.exit_code  # type: ignore[misc]


def refused(error: LakehouseError) -> Refusal:
    """Why there is no answer."""
    return Refusal(message=error.message, hint=error.hint, exit_code=error.exit_code)


def measured(answer: Answer) -> Measured:
    """The figure. Raises RefusedError when there is none."""
    if answer.measured is None:
        raise RefusedError(_reason(answer))
    return answer.measured


def page(answer: Answer) -> Page:
    """The page. Raises RefusedError when there is none."""
    if answer.page is None:
        raise RefusedError(_reason(answer))
    return answer.page


def published_version(settings: Settings) -> str:
    """The version of the newest published state; empty where none can be told."""
    try:
        with open_catalog(settings, create=False) as catalog:
            steady = SteadyCatalog(catalog) if isinstance(catalog, LakeSqlCatalog) else catalog
            return Moment.of(steady).version
    except (LakehouseError, UnpublishedError):
        return ""


def _reason(answer: Answer) -> Refusal:
    if answer.refusal is None:
        return Refusal(message="the app gave no answer", hint="this is a bug", exit_code=1)
    return answer.refusal
