"""Land on a disk that is full, then less and less so; run where a file system may be mounted.

Prints what happened at each attempt as JSON: bytes free before, the error, rows and rejects
landed so far, and files that no table knows.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from ingest import land_orders
from lakehouse.config import load_settings
from lakehouse.errors import MachineError
from tests.order_logs import Lake

PAGE = 4096


def main(folder: Path, log: Path, room: int) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    lake = Lake(load_settings(folder=folder, environment={}))
    lake.land(Path(log.parent, "first.csv"))
    ballast = folder / "ballast"
    error = "not tried"
    for free in range(0, room, 2 * PAGE):
        ballast.unlink(missing_ok=True)
        available = shutil.disk_usage(folder).free
        ballast.write_bytes(bytes(max(0, available - free)))
        try:
            land_orders(log, lake.catalog, lake.settings)
            error = ""
        except MachineError as e:
            error = f"{e.message} | {e.hint}"
        attempt = {"free": free, "error": error, "lines": len(lake.lines()), "lost": lost(lake)}
        sys.stdout.write(json.dumps(attempt) + "\n")
        if not error:
            break


def lost(lake: Lake) -> list[str]:
    """Files in the warehouse that no snapshot of any table refers to."""
    known: set[str] = set()
    spaces = lake.catalog.list_namespaces()
    for name in (table for space in spaces for table in lake.catalog.list_tables(space)):
        table = lake.catalog.load_table(name)
        known |= {Path(path).name for path in table.inspect.all_files()["file_path"].to_pylist()}
        known |= {Path(table.metadata_location).name}
        known |= {Path(entry.metadata_file).name for entry in table.metadata.metadata_log}
        for snapshot in table.snapshots():
            known.add(Path(snapshot.manifest_list).name)
            known |= {Path(m.manifest_path).name for m in snapshot.manifests(table.io)}
    files = (file for file in lake.settings.warehouse.rglob("*") if file.is_file())
    return sorted(file.name for file in files if file.name not in known)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
