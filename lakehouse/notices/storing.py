"""Files that are replaced whole: after a kill or a power cut there is the old one or the new."""

from pathlib import Path
from uuid import uuid4

from lakehouse.catalog.durability import make_folder, sync_files


def replace_file(file: Path, content: bytes) -> None:
    """Put `content` into a file, which keeps its old one until the new is on the disk."""
    make_folder(file.parent)
    beside = file.with_name(f".{file.name}.{uuid4().hex[:8]}")
    try:
        beside.write_bytes(content)
        sync_files([beside])
        beside.replace(file)
        sync_files([file])
    finally:
        beside.unlink(missing_ok=True)
