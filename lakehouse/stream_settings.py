"""What a delivery stream is: a table `[streams.NAME]` of lakehouse.toml, parsed and checked."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, field_validator

ORDERS: Literal["orders"] = "orders"

# The limits are Firehose's; its defaults, 5 MiB and 300 s, would make many small files, late.
BufferSize = Annotated[ByteSize, Field(ge=1 << 20, le=128 << 20)]
BufferInterval = Annotated[float, Field(ge=0, le=900)]


class StreamSettings(BaseModel):
    """Where a stream's logs are, what they are, and when what was read of them is delivered.

    `source` names files, folders and patterns (`*`, `?`, `[...]`, `**`). What is read is
    delivered when it has `buffer_size` bytes, counted before compression, or when the first line
    of it has waited `buffer_interval` seconds, whichever comes first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    source: tuple[Path, ...] = Field(default=(), validate_default=False)
    format: Literal["orders"] = ORDERS
    buffer_size: BufferSize = ByteSize(64 << 20)
    buffer_interval: BufferInterval = 60.0

    @field_validator("source", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return (given,) if isinstance(given, str | Path) else given
