"""Build the marts on a disk that is full, then less and less so; run where one may be mounted.

Prints what happened at each attempt as JSON: the class of the error, its exit code, its hint and
the lines in the mart.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LakehouseError
from lakehouse.pipeline.warehouse import build_warehouse
from lakehouse.progress import SILENT
from tests.integration.test_dbt_project import FIRST, SECOND, deliver, rows

KIB = 1024


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    settings = load_settings(folder=folder, environment={})
    # Open all the time: SQLite needs room to open a catalog that nobody has open.
    with open_catalog(settings) as catalog:
        deliver(catalog, FIRST, 1)
        build_warehouse(settings, SILENT)
        deliver(catalog, SECOND * 500, 2)
        ballast = folder / "ballast"
        for free in (0, 100 * KIB, 250 * KIB, 8000 * KIB):
            ballast.unlink(missing_ok=True)
            available = shutil.disk_usage(folder).free
            ballast.write_bytes(bytes(max(0, available - free)))
            sys.stdout.write(json.dumps(attempt(settings, catalog)) + "\n")


def attempt(settings: Settings, catalog: Catalog) -> dict[str, object]:
    error: dict[str, object] = {}
    try:
        assert not build_warehouse(settings, SILENT).failures
    except LakehouseError as e:
        error = {"kind": type(e).__name__, "code": e.exit_code, "hint": e.hint}
    return error | {"lines": len(rows(catalog, "core.fct_order_lines"))}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
