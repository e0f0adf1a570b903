"""What a client needs to reach the files of a table: nothing on a local disk, keys for S3."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pyiceberg.utils.properties import get_first_property_value

if TYPE_CHECKING:
    from boto3 import Session

_S3: Final = ("s3://", "s3a://", "s3n://")
# Where else PyIceberg finds each property of its S3 file system, in its own order.
_SOURCES: Final = {
    "client.region": ("s3.region", "client.region", "glue.region"),
    "s3.region": ("s3.region", "client.region", "glue.region"),
    "s3.endpoint": ("s3.endpoint",),
    "s3.access-key-id": ("s3.access-key-id", "client.access-key-id"),
    "s3.secret-access-key": ("s3.secret-access-key", "client.secret-access-key"),
    "s3.session-token": ("s3.session-token", "client.session-token"),
}


def storage_config(properties: Mapping[str, str], location: str) -> dict[str, str]:
    """The `config` of a loaded table, from the properties of the catalog it lies in.

    The keys are those of the specification's LoadTableResult. Keys that the catalog does not
    state are those AWS's own chain finds (environment, profile, instance role).
    """
    if not location.startswith(_S3):
        return {}
    given = {
        key: value
        for key, sources in _SOURCES.items()
        if (value := get_first_property_value(dict(properties), *sources))
    }
    if "s3.endpoint" in given:
        # Anything but AWS serves its buckets as paths.
        given["s3.path-style-access"] = "true"
    if "s3.access-key-id" not in given:
        given |= _keys(_session(properties.get("client.profile-name")))
    return given


@lru_cache(maxsize=4)
def _session(profile: str | None) -> "Session":
    import boto3  # noqa: PLC0415 - takes 1 s, and only S3 needs it

    return boto3.Session(profile_name=profile)


def _keys(session: "Session") -> dict[str, str]:
    credentials = session.get_credentials()
    if credentials is None:
        return {}
    # Frozen on every call: botocore renews the ones of a role before they expire.
    frozen = credentials.get_frozen_credentials()
    found = {
        "s3.access-key-id": frozen.access_key,
        "s3.secret-access-key": frozen.secret_key,
        "s3.session-token": frozen.token,
    }
    return {key: value for key, value in found.items() if value}
