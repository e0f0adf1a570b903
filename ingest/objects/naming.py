"""How the objects of one kind are named: the prefix, the stream and its version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from lakehouse.object_keys.names import ObjectSuffix, object_key
from lakehouse.object_keys.prefixes import Prefix, Values


@dataclass(frozen=True)
class Naming:
    """What all keys of a stream's objects of one kind have in common.

    `version` is 1 at first, and one more after each change of the stream's configuration.
    """

    stream: str
    version: int
    prefix: Prefix
    zone: ZoneInfo
    extension: str = ""

    def key(
        self,
        oldest: datetime,
        *,
        error_type: str = "",
        from_query: Mapping[str, str] | None = None,
        from_transform: Mapping[str, str] | None = None,
    ) -> str:
        """A new key for an object whose oldest record arrived then.

        Raises ValueError when it would be too long, or no place below the folder, and KeyError for
        a partition key that is missing.
        """
        moment = oldest.astimezone(self.zone)
        values = Values(moment, error_type, from_query, from_transform)
        suffix = ObjectSuffix(self.stream, self.version, moment, uuid4(), self.extension)
        return object_key(self.prefix.evaluate(values), suffix)
