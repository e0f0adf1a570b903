"""The keys of objects, as Firehose makes them: an evaluated prefix and a suffix.

https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

_LONGEST_NAME = 255  # bytes, on the file systems of Linux
_RESERVED = {".", ".."}


@dataclass(frozen=True)
class ObjectSuffix:
    """What an object's key ends with.

    `version` is the stream's, 1 at first and one more after every change of its configuration;
    `moment` is when the object's oldest record arrived; `extension` begins with a dot or is empty.
    """

    stream: str
    version: int
    moment: datetime
    unique: UUID
    extension: str = ""

    def __str__(self) -> str:
        time = f"{self.moment:%Y-%m-%d-%H-%M-%S}"
        return f"{self.stream}-{self.version}-{time}-{self.unique}{self.extension}"


def object_key(prefix: str, suffix: ObjectSuffix) -> str:
    """The key of an object, also its path below the folder that objects lie in.

    Raises ValueError for a key that is no such path: a step up, or a name that is too long.
    """
    key = f"{prefix}{suffix}"
    for name in key.split("/"):
        if name in _RESERVED or "\0" in name:
            raise ValueError(f"the key {key!r} is no place below its folder")
        if len(name.encode()) > _LONGEST_NAME:
            raise ValueError(f"a name of more than {_LONGEST_NAME} bytes in the key {key[:80]!r}")
    return key
