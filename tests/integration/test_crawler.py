"""The crawler on a real catalog: what it finds is asked in SQL."""

import errno
import gzip
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import orc, parquet
from pyiceberg.catalog import Catalog

from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.catalog import open_catalog
from lakehouse.catalog.external_tables import ExternalTable, external_tables
from lakehouse.config import Settings, load_settings
from lakehouse.crawler import Crawl, CrawlReport, crawl, land_tables
from lakehouse.crawler_settings import CrawlerSettings
from lakehouse.errors import ConfigError, SourceError
from lakehouse.progress import SILENT, Task

NOW = datetime(2026, 1, 14)  # noqa: DTZ001 - UTC
Rows = list[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    return load_settings(folder=folder, environment={})


@pytest.fixture(scope="module")
def catalog(home: Settings) -> Iterator[Catalog]:
    with open_catalog(home) as catalog:
        yield catalog


@pytest.fixture(scope="module")
def session(home: Settings, catalog: Catalog) -> Iterator[AthenaSession]:
    with open_athena(home) as session:
        yield session


class Site:
    """A folder of raw files, and a crawler of a database of its own."""

    def __init__(self, folder: Path, database: str, home: Settings, catalog: Catalog) -> None:
        self.folder, self.database = folder, database
        self.home, self.catalog = home, catalog

    def put(self, name: str, content: str | bytes) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def crawl(self, *, full: bool = False, dry_run: bool = False, **told: object) -> CrawlReport:
        made = CrawlerSettings.model_validate(
            {"path": self.folder, "database": self.database, **told}
        )
        asked = Crawl(self.database, made, dry_run=dry_run, full=full)
        report = crawl(asked, self.catalog, self.home, SILENT, lambda: NOW)
        land_tables(asked, report, self.catalog, self.home, SILENT)
        return report

    def table(self, name: str) -> ExternalTable | None:
        tables = external_tables(self.catalog)
        assert tables is not None
        return tables.find(self.database, name)

    def columns(self, name: str) -> dict[str, str]:
        table = self.table(name)
        assert table is not None
        return {column.name: column.type for column in table.columns}


@pytest.fixture
def site(home: Settings, catalog: Catalog, request: pytest.FixtureRequest) -> Site:
    name = request.node.name.removeprefix("test_")
    folder = home.home / "raw ☃" / name
    folder.mkdir(parents=True)
    return Site(folder, name, home, catalog)


def answer(session: AthenaSession, sql: str) -> Rows:
    result = printed(*session.run(sql))
    pages = [list(zip(*page.to_pydict().values(), strict=True)) for page in result.pages()]
    return [row for page in pages for row in page]


def told(report: CrawlReport) -> list[tuple[str, str | None]]:
    return [(event.action, event.table or event.file) for event in report.events]


def test_every_format_is_a_table_at_once(site: Site, session: AthenaSession) -> None:
    site.put("orders/year=2025/month=01/a.csv", "id,name,amount\n1,x,1.5\n2,y,\n")
    site.put("orders/year=2025/month=02/a.csv.gz", gzip.compress(b"id,name,amount\n3,z,7\n"))
    (site.folder / "orders/year=2025/month=03").mkdir()
    with ZipFile(site.folder / "orders/year=2025/month=03/a.csv.zip", "w") as archive:
        archive.writestr("a.csv", "id,name,amount\n4,in a zip,2\n")
    site.put("orders/year=2025/month=02/_SUCCESS", "")
    site.put("events/2025/01/31/e.json", '{"user-id":"u","n":1,"s":{"q":[1]}}\n')
    site.put("quoted/q.txt", 'id;note\n1;"a;b"\n2;"c ""d"""\n')
    for name in ("parquet", "orc", "avro"):
        (site.folder / f"in_{name}").mkdir()
    rows = {"K": [1, 2], "day": ["a", None]}
    parquet.write_table(pa.table(rows), site.folder / "in_parquet/1")
    orc.write_table(pa.table(rows), site.folder / "in_orc/1")
    pl.DataFrame({"k": [1, 2], "other": ["a", None]}).write_avro(
        site.folder / "in_avro/1", name="line"
    )
    report = site.crawl()
    assert told(report) == [
        ("created", f"{site.database}.{name}")
        for name in ("events", "in_avro", "in_orc", "in_parquet", "orders", "quoted")
    ]
    db = site.database
    assert answer(session, f"select * from {db}.orders where month = '02'") == [
        ("3", "z", "7.0", "2025", "02")
    ]
    assert answer(session, f"select sum(id), sum(amount), count(*) from {db}.orders") == [
        ("10", "10.5", "4")
    ]
    assert answer(session, f"select name from {db}.orders where id = 4") == [("in a zip",)]
    assert answer(session, f"select * from {db}.events") == [
        ("u", "1", "{q=[1]}", "2025", "01", "31")
    ]
    assert answer(session, f"select * from {db}.quoted order by id desc") == [
        ("2", 'c "d"'), ("1", "a;b"),
    ]  # fmt: skip
    for name in ("in_parquet", "in_orc", "in_avro"):
        assert answer(session, f"select * from {db}.{name} order by 1") == [("1", "a"), ("2", None)]


def test_a_parquet_column_without_any_value_is_read(site: Site, session: AthenaSession) -> None:
    for day, note in (("1", pa.nulls(1)), ("2", pa.array(["x"]))):
        (site.folder / f"t/d={day}").mkdir(parents=True)
        parquet.write_table(pa.table({"note": note, "n": [7]}), site.folder / f"t/d={day}/a")
    (site.folder / "u").mkdir()
    parquet.write_table(pa.table({"note": pa.nulls(2), "n": [8, 9]}), site.folder / "u/a")
    site.put("v/a.json", '{"n":NaN}\n{"n":1}\n')
    site.crawl()
    db = site.database
    assert site.columns("t") == site.columns("u") == {"note": "string", "n": "bigint"}
    assert answer(session, f"select * from {db}.t order by d") == [
        (None, "7", "1"),
        ("x", "7", "2"),
    ]
    assert answer(session, f"select * from {db}.u order by n") == [(None, "8"), (None, "9")]
    assert answer(session, f"select n from {db}.v order by 1 nulls first") == [(None,), ("1",)]


def test_files_that_did_not_change_are_not_read(site: Site, session: AthenaSession) -> None:
    first = site.put("t/d=1/a.csv", "a,b\n1,2\n")
    site.put("t/d=2/b.csv", "a,b\n3,4\n")
    assert site.crawl().files_read == 2
    again = site.crawl()
    assert (again.files, again.files_read, again.bytes_read, again.events) == (2, 0, 0, [])
    site.put("t/d=3/c.csv", "a,b\n5,6.5\n")
    first.write_text("a,b\n1,2\n7,8\n")
    third = site.crawl()
    assert third.files_read == 2
    assert [(e.action, e.reason) for e in third.events] == [
        ("updated", "column b bigint -> double"),
        ("partitions", "added d=3"),
    ]
    assert answer(session, f"select sum(b) from {site.database}.t") == [("20.5",)]
    recorded = site.catalog.load_table("ops.crawls").scan().to_polars()
    mine = recorded.filter(pl.col("crawler") == site.database)
    assert sorted(mine.select("action", "table_name", "files_read").rows()) == [
        ("created", f"{site.database}.t", 2),
        ("partitions", f"{site.database}.t", 2),
        ("updated", f"{site.database}.t", 2),
    ]
    assert site.crawl(full=True).files_read == 3


def test_bad_files_are_told_and_the_others_are_read(site: Site, session: AthenaSession) -> None:
    site.put("mixed/a.csv", "a|b\n1|2\n")
    site.put("mixed/b.csv", "a|b\n3|4\na|b\n5|6\n")
    site.put("mixed/c.json", '{"k":1}\n{"k":2}\n{"k":')
    site.put("mixed/d.zip", b"PK\x03\x04 and more")
    site.put("mixed/e.csv", "")
    site.put("mixed/f.csv.gz", gzip.compress(b"a|b\n7|8\n" * 99)[:-9])
    report = site.crawl()
    unclassified = {e.file: e.reason for e in report.events if e.action == "unclassified"}
    assert unclassified == {
        "mixed/d.zip": "the zip file is damaged: File is not a zip file",
        "mixed/e.csv": "the file is empty",
        "mixed/f.csv.gz": "the gzip file is truncated",
    }
    notes = {e.file: e.reason for e in report.events if e.action == "noted"}
    assert notes == {
        "mixed/b.csv": "its header stands again in 1 lines, which are rows",
        "mixed/c.json": "1 of the lines that were read are no JSON objects",
    }
    db = site.database
    assert answer(session, f"select * from {db}.mixed order by a nulls last") == [
        ("1", "2"), ("3", "4"), ("5", "6"), (None, None),
    ]  # fmt: skip
    assert answer(session, f"select k from {db}.mixed_json order by 1 nulls last") == [
        ("1",), ("2",), (None,),
    ]  # fmt: skip
    # Told once: the next crawl has nothing to say, and what is put right is taken in.
    assert site.crawl().events == []
    site.put("mixed/f.csv.gz", gzip.compress(b"a|b\n7|8\n"))
    site.crawl()
    assert answer(session, f"select max(a) from {db}.mixed") == [("7",)]


def test_what_may_not_be_read_is_told_and_not_forgotten(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("t/a.csv", "a,b\n1,2\n")
    site.put("t/b.csv", "a,b\n1,2\n")
    site.put("u/b.json", '{"x":1}\n')
    site.crawl()
    site.put("t/a.csv", "a,b\n1,2.5\n")
    # As another user would meet it; who runs the tests may be root, who reads everything.
    with monkeypatch.context() as closed:
        for function, closed_to in ((Path.open, "a.csv"), (os.scandir, "u")):
            owner = Path if function is Path.open else os

            def refuse(path, *args, _function=function, _name=closed_to, **kwargs):  # type: ignore[no-untyped-def]
                if Path(path).name == _name:
                    raise PermissionError(errno.EACCES, "Permission denied", str(path))
                return _function(path, *args, **kwargs)

            closed.setattr(owner, function.__name__, refuse)
        report = site.crawl(sample_files=99)  # of other settings: all is read again
    assert [(e.file, e.reason) for e in report.events] == [
        ("t/a.csv", "Permission denied"),
        ("u/", "the folder can't be listed: Permission denied"),
    ]
    table = site.table("u")
    assert table is not None
    assert "DEPRECATED_BY_CRAWLER" not in table.parameters
    assert told(site.crawl(sample_files=99)) == [("updated", f"{site.database}.t")]


def test_a_file_that_vanishes_is_told(site: Site) -> None:
    site.put("t/a.csv", "a,b\n1,2\n")
    (site.folder / "t/gone.csv").symlink_to(site.folder / "t/a.csv")
    listed_then_gone = site.put("t/z.csv", "a,b\n1,2\n")

    class Removing:
        """Between the listing and the reading."""

        def task(self, name: str, total: int | None = None) -> AbstractContextManager[Task]:
            listed_then_gone.unlink()
            return SILENT.task(name, total)

    made = CrawlerSettings(path=site.folder, database=site.database)
    report = crawl(Crawl("v", made), site.catalog, site.home, Removing(), lambda: NOW)
    assert ("vanished", "t/z.csv") in told(report)
    assert ("created", f"{site.database}.t") in told(report)


def test_policies(site: Site) -> None:
    site.put("t/d=1/a.json", '{"a":1,"b":1}\n')
    site.put("u/a.json", '{"x":"y"}\n')
    site.crawl()
    site.put("t/d=2/b.json", '{"a":"text","b":1}\n')
    shutil.rmtree(site.folder / "u")
    log = {"update_behavior": "log", "delete_behavior": "log"}
    assert [(e.action, e.reason) for e in site.crawl(**log).events] == [
        ("logged", "column a bigint -> string"),
        ("partitions", "added d=2"),
        ("logged", f"no file of it is left below {site.folder}/u"),
    ]
    assert site.columns("t") == {"a": "bigint", "b": "bigint"}
    report = site.crawl(full=True)
    assert told(report) == [
        ("updated", f"{site.database}.t"),
        ("deprecated", f"{site.database}.u"),
    ]
    assert site.columns("t") == {"a": "string", "b": "bigint"}
    table = site.table("u")
    assert table is not None
    assert table.parameters["DEPRECATED_BY_CRAWLER"] == "1768348800000"
    site.put("u/a.json", '{"x":"y"}\n')
    assert told(site.crawl()) == [("updated", f"{site.database}.u")]
    shutil.rmtree(site.folder / "u")
    shutil.rmtree(site.folder / "t/d=1")
    deleting = site.crawl(delete_behavior="delete")
    assert [(e.action, e.reason) for e in deleting.events if e.action != "updated"] == [
        ("partitions", "removed d=1"),
        ("deleted", f"no file of it is left below {site.folder}/u"),
    ]
    assert site.table("u") is None


def test_a_dry_run_changes_nothing(site: Site) -> None:
    site.put("t/a.csv", "a,b\n1,2\n")
    assert told(site.crawl(dry_run=True)) == [("created", f"{site.database}.t")]
    assert site.table("t") is None
    assert not site.catalog.namespace_exists(site.database)
    assert told(site.crawl()) == [("created", f"{site.database}.t")]


def test_new_folders_only_and_samples_leave_files_unread(site: Site) -> None:
    for number in range(20):
        site.put(f"t/d=1/{number:02}.csv", "a,b\n1,2\n")
    assert site.crawl(sample_files=3).files_read == 3
    site.put("t/d=1/new.csv", "a,b\n1,2\n")
    site.put("t/d=1/07.csv", "a,b\n1,2.5\n")
    site.put("t/d=2/new.csv", "a,b\n1,2\n")
    report = site.crawl(sample_files=3, recrawl="new_folders_only")
    assert report.files_read == 1
    assert told(report) == [("partitions", f"{site.database}.t")]
    table = site.table("t")
    assert table is not None
    assert "exclusions" not in table.parameters


def test_names_that_are_taken_get_another(site: Site) -> None:
    site.put("t/a.csv", "a,b\n1,2\n")
    site.catalog.create_namespace(site.database)
    site.catalog.create_table((site.database, "t"), pa.schema([("x", pa.int64())]))
    site.put("u/b.csv", "x,y,z\n1,2,3\n")
    site.put("v/2024/u/b.csv", "p,q,r\n1,2,3\n")
    report = site.crawl(table_prefix="")
    assert f"{site.database}.t_csv" in report.tables
    assert f"{site.database}.u" in report.tables
    assert report.tables == site.crawl(full=True).tables


def test_what_may_not_be_crawled_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="may not be crawled") as refused:
        site.crawl(path=tmp_path)
    assert "[external]" in refused.value.hint
    with pytest.raises(SourceError, match="can't be listed"):
        site.crawl(path=site.folder / "nowhere")
    with pytest.raises(SourceError, match="may not be crawled"):
        site.crawl(path=site.home.home)


def test_custom_classifiers(site: Site, session: AthenaSession) -> None:
    site.put("logs/a.log", '10.0.0.1 - "GET /x?q=1" 200\n10.0.0.2 - "PUT /y" 503\n')
    toml = site.folder / "lakehouse.toml"
    toml.write_text(
        f"home = {json.dumps(str(site.home.home))}\n"
        "[classifiers.access]\n"
        'regex = \'(\\S+) - "([A-Z]+) ([^"]*)" (\\d{3})\'\n'
        'columns = { client_ip = "string", verb = "string", path = "string", status = "int" }\n'
        f'[crawlers.logs]\npath = "logs"\ndatabase = "{site.database}"\nclassifiers = "access"\n'
    )
    settings = load_settings(config=toml, environment={})
    asked = Crawl("logs", settings.crawlers["logs"])
    crawl(asked, site.catalog, settings, SILENT, lambda: NOW)
    assert answer(session, f"select path, status from {site.database}.logs order by 2") == [
        ("/x?q=1", "200"),
        ("/y", "503"),
    ]
    toml.write_text(toml.read_text().replace("(\\d{3})", "\\d{3}"))
    settings = load_settings(config=toml, environment={})
    with pytest.raises(ConfigError, match="3 groups for 4 columns"):
        crawl(asked, site.catalog, settings, SILENT, lambda: NOW)


def test_rows_are_landed_in_iceberg_tables_once(site: Site) -> None:
    def landed() -> Rows:
        rows = site.catalog.load_table("landed_once.t").scan().to_arrow().to_pylist()
        return sorted((row["d"], row["a"], row["b"], Path(row["source_file"]).name) for row in rows)

    def lands(**told: object) -> list[tuple[str, str, str]]:
        report = site.crawl(to_iceberg="landed_once", **told)
        assert report.events == [] or {event.table for event in report.events if event.table}
        return [(e.action, e.reason) for e in report.events if e.table == "landed_once.t"]

    first = site.put("t/d=1/a.csv", "a,b,c\nx,1,1\ny,2,1\n")
    site.put("t/d=2/b.csv", "a,b,c\nz,3,1\n")
    assert lands(dry_run=True) == [("landed", "all of its files would be")]
    assert lands() == [("landed", "3 rows of 2 files")]
    assert lands() == []
    first.write_text("a,b,c\nx,1,1\ny,20,1\n")
    site.put("t/d=3/c.csv", "a,b,c,e\nw,4,1,new\n")
    # What a killed landing leaves: rows that no note tells of.
    for notes in (site.home.home / "crawlers").glob("landed-*.json"):
        notes.unlink()
    assert lands() == [("landed", "4 rows of 3 files")]
    assert landed() == [
        ("1", "x", 1, "a.csv"), ("1", "y", 20, "a.csv"), ("2", "z", 3, "b.csv"),
        ("3", "w", 4, "c.csv"),
    ]  # fmt: skip
    before = landed()
    site.put("t/d=4/d.csv", "a,b,c,e\nv,1.5,1,new\n")
    ((action, reason),) = lands()
    assert action == "refused"
    assert "b" in reason
    assert landed() == before
