"""Follow a log until the disk of the home is full; run where a file system may be mounted.

Prints as JSON how the follower ended, then how the run did that had room again, and what is in
the tables by then.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path

from lakehouse.config import load_settings
from tests.order_logs import BAD, Lake, order_line, write_log


def main(folder: Path) -> None:
    disk = folder / "disk"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    (folder / "lakehouse.toml").write_text(
        'home = "disk/home"\n[streams.orders]\nsource = "logs"\nbuffer_interval = 0\n'
        "[streams.orders.backup]\n"
    )
    (folder / "logs").mkdir()
    written = 0

    def write(count: int) -> None:
        nonlocal written
        numbers = range(written, written + count)
        lines = [BAD if n % 10 == 0 else order_line(n) for n in numbers]
        if written:
            with (folder / "logs" / "a.csv").open("a") as log:
                log.writelines(line + "\n" for line in lines)
        else:
            write_log(folder / "logs" / "a.csv", lines)
        written += count

    ingest = [sys.executable, "-m", "lakehouse", "ingest", "orders"]
    write(1000)
    said = ""
    with subprocess.Popen(
        [*ingest, "--follow"], cwd=folder, stderr=subprocess.PIPE, text=True
    ) as follower:
        for line in follower.stderr or ():
            said += line
            if "delivered" in line:
                write(1000)
    ended = {"code": follower.returncode, "said": said}
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    again = subprocess.run([*ingest, "--json"], cwd=folder, capture_output=True, check=False)
    lake = Lake(load_settings(folder=folder, environment={}))
    objects = (folder / "disk" / "home" / "backup").rglob("*.gz")
    entered = lake.catalog.load_table("ops.deliveries").scan().to_arrow()["lines"]
    found = {
        "landed": len(lake.rows()),
        "rejected": len(lake.rejects()),
        "lines": sorted(line for _, line in lake.lines()) == list(range(2, written + 2)),
        "entered": sum(entered.to_pylist()) == written,
        "backed_up": sum(gzip.decompress(o.read_bytes()).count(b"\n") for o in objects) == written,
    }
    expected = {"landed": written * 9 // 10, "rejected": written // 10}
    found["all"] = expected.items() <= found.items()
    sys.stdout.write(json.dumps([ended, again.returncode, found]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
