"""What a delivery keeps of its tables' past: `[deliveries]` of lakehouse.toml."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from lakehouse.maintenance_settings import Duration

# A commit writes down every snapshot that is kept: a thousand cost half a second each time.
_MOST = 1000


class DeliverySettings(BaseModel):
    """Which snapshots a delivery leaves of the tables that it commits to.

    The newest `keep_snapshots` stay, and those that are younger than `snapshot_retention`, but no
    more than `most_snapshots`. Tags and branches keep what they name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    keep_snapshots: Annotated[int, Field(ge=1, le=_MOST)] = 20
    snapshot_retention: Duration = timedelta(minutes=1)
    most_snapshots: Annotated[int, Field(ge=1, le=_MOST)] = 50

    @field_validator("most_snapshots")
    @classmethod
    def _not_fewer(cls, given: int, info: ValidationInfo) -> int:
        if given < info.data.get("keep_snapshots", 1):
            raise ValueError("most_snapshots is not less than keep_snapshots")
        return given
