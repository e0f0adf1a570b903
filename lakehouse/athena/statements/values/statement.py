"""What every statement is, and the parts that several have."""

from dataclasses import dataclass
from typing import ClassVar

from lakehouse.athena.types import Type

Name = tuple[str, ...]  # one to three parts, in lower case
Literal = str | int | float | bool
Properties = dict[str, Literal | tuple[str, ...]]
PartitionSpec = tuple[tuple[str, Literal], ...]


class Statement:
    """Any statement. `writes` is what a workgroup's write permission is about."""

    writes: ClassVar[bool] = False


@dataclass(frozen=True)
class ColumnDefinition:
    """name type [COMMENT 'text']."""

    name: str
    type: Type
    comment: str | None = None
