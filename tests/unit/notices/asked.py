"""An app for tests of what is done with its answers: it says what it was told to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lakehouse.config import Settings
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.notices.asking import Answer, Question, refused
from lakehouse.notices.content import Figure, Measured, Moment, Page, Sheet

MOMENT = Moment(
    version="abc1234",
    published_at=datetime(2024, 5, 10, tzinfo=UTC),
    through="Thu 9 May 2024, 11:20",
    days="12 Apr \u2013 9 May 2024",
    compared=None,
    narrowed=("Norway",),
    path="overview?country=Norway",
)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


class App:
    """Answers every alert with `value`, every report with a page; or refuses all with `error`."""

    def __init__(self) -> None:
        self.value: Decimal | None = Decimal(100)
        self.error: LakehouseError | None = None
        self.asked = 0

    def __call__(self, _: Settings, questions: Sequence[Question]) -> Sequence[Answer]:
        self.asked += len(questions)
        return [self._answer(each) for each in questions]

    def _answer(self, question: Question) -> Answer:
        if self.error is not None:
            return Answer(refusal=refused(self.error))
        figure = Figure(name="net_revenue", label="Net revenue", value=self.value, text="£x")
        if question.alert is not None:
            return Answer(measured=Measured(figure=figure, moment=MOMENT))
        return Answer(page=page())


def page() -> Page:
    sheet = Sheet(
        title="Countries",
        columns=("Name", "Net revenue"),
        numeric=(False, True),
        rows=(("<b>Norway</b>", "£124.00"),),
        left_out=3,
        file="countries.csv",
        csv='"country","net"\n"Norway",124.00\n',
    )
    return Page(
        title="Sales overview",
        question="How are we doing?",
        sentence=r"Net revenue is **up 16.5%** \(<i>\), led by **A\*B**.",
        moment=MOMENT,
        figures=(Figure(name="orders", label="Orders", value=Decimal(3), text="3"),),
        sheets=(sheet,),
    )


EMPTY = CatalogError("no orders have landed yet", hint="run `lakehouse build`")
