"""What is asked and answered over HTTP."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)

from lakehouse.ml.quantity.asking import Question


def _number(value: object, asked: ValidationInfo) -> object:
    """JSON has numbers of its own: there, neither a text nor true is one. CSV has but texts."""
    if isinstance(value, bool) or (asked.mode == "json" and not isinstance(value, int | float)):
        raise ValueError("Input should be a valid number")
    return value


def _text(value: object, asked: ValidationInfo) -> object:
    if asked.mode == "json" and not isinstance(value, str | None):
        raise ValueError("Input should be a date and time in ISO 8601")
    return value


Identifier = Annotated[str, Field(min_length=1, max_length=64)]
Price = Annotated[float, BeforeValidator(_number), Field(gt=0, le=1_000_000, allow_inf_nan=False)]


def _in_utc(moment: datetime) -> datetime:
    """The moment in UTC, without a zone; one that nobody can mean is refused."""
    if not 1900 <= moment.year < 2200:
        raise ValueError("the year should be from 1900 to 2199")
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


Moment = Annotated[datetime, BeforeValidator(_text), AfterValidator(_in_utc)]


class Message(BaseModel):
    """A body: a field it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LineAsked(Message):
    """An order line whose quantity is asked for."""

    customer_id: Identifier
    product_id: Identifier
    unit_price: Price = Field(description="Pounds sterling a unit")
    country: Identifier | None = Field(None, description="Default: the customer's last one")
    ordered_at: Moment | None = Field(None, description="UTC. Default: now")

    def to_question(self, now: datetime) -> Question:
        """The line as the model is asked; products are known in capitals."""
        product = self.product_id.strip().upper()
        at = self.ordered_at or now
        return Question(self.customer_id, product, self.unit_price, at, self.country)


class QuantityRequest(Message):
    """Up to 1,000 lines at a time."""

    lines: Annotated[list[LineAsked], Field(min_length=1, max_length=1000)]


class QuantityAnswer(Message):
    """Units, with whether the customer and the product have been seen before."""

    predicted_quantity: float
    known_customer: bool
    known_product: bool


class QuantityResponse(Message):
    """One answer a line, in the order they were asked."""

    run_id: str
    predictions: list[QuantityAnswer]


class Recommendation(Message):
    """A product on a list."""

    kind: str
    rank: int
    product_id: str
    score: float
    because_product_id: str | None


class RecommendationResponse(Message):
    """The lists of a customer; one the model does not know gets what is popular."""

    customer_id: str
    known_customer: bool
    run_id: str
    recommendations: list[Recommendation]


class CustomerResponse(Message):
    """What is expected of a customer in the next 60 days."""

    customer_id: str
    return_probability: float
    segment: str
    segment_in_60_days: str


class FieldError(Message):
    """What is wrong with a field; the path names it, as `lines.0.unit_price`."""

    field: str
    message: str


class Problem(Message):
    """Why there is no answer."""

    error: str
    fields: list[FieldError] = []
