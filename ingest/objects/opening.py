"""A stream's settings become what makes its objects."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ingest.objects.compression import Compression
from ingest.objects.naming import Naming
from ingest.objects.partitions import Partitioning
from ingest.objects.shipments import Shipments
from ingest.objects.side_outputs import Backup, ErrorOutput, ObjectOutputs, SideOutput
from ingest.objects.target import ObjectLayout
from ingest.queries import Queries
from lakehouse.object_keys.prefixes import Namespace
from lakehouse.output_settings import ObjectsSettings
from lakehouse.stream_settings import StreamSettings


def keeps_source(stream: StreamSettings) -> bool:
    """Whether what is written beside the destination needs lines as they were received."""
    return bool(stream.backup or stream.error_output or stream.objects)


def object_layout(name: str, stream: StreamSettings, version: int) -> ObjectLayout:
    """How the records of a stream become objects.

    Raises ConfigError for a query that is none.
    """
    settings = stream.objects or ObjectsSettings()
    compression = Compression(settings.compression)
    extension = settings.file_extension
    extension = compression.extension if extension is None else extension
    prefix = settings.record_prefix
    return ObjectLayout(
        _folder(settings.folder),
        Naming(name, version, prefix, settings.zone, extension),
        compression,
        b"\n" if settings.append_delimiter else b"",
        Partitioning(
            Queries(settings.partition_keys) if settings.partition_keys else None,
            prefix.keys(Namespace.TRANSFORM),
        ),
    )


def object_outputs(
    name: str, stream: StreamSettings, version: int, now: Callable[[], datetime]
) -> ObjectOutputs:
    """What the stream writes beside its destination, and the way of all its objects."""
    folders = [
        _folder(output.folder)
        for output in (stream.objects, stream.backup, stream.error_output)
        if output
    ]
    return ObjectOutputs(_beside(name, stream, version, now), Shipments(name, folders))


def _beside(
    name: str, stream: StreamSettings, version: int, now: Callable[[], datetime]
) -> list[SideOutput]:
    outputs: list[SideOutput] = []
    if backup := stream.backup:
        compression = Compression(backup.compression)
        naming = Naming(name, version, backup.record_prefix, backup.zone, compression.extension)
        outputs.append(Backup(_folder(backup.folder), naming, compression))
    if errors := stream.error_output:
        naming = Naming(name, version, errors.error_prefix, errors.zone)
        outputs.append(ErrorOutput(_folder(errors.folder), naming, now))
    elif objects := stream.objects:
        naming = Naming(name, version, objects.failure_prefix, objects.zone)
        outputs.append(ErrorOutput(_folder(objects.folder), naming, now))
    return outputs


def _folder(folder: Path | None) -> Path:
    if folder is None:
        raise RuntimeError("an output whose folder was not located")
    return folder
