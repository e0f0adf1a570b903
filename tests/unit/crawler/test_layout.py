"""Which folders are tables and which are partitions, by the examples of Glue's documentation."""

import json
from dataclasses import replace
from pathlib import Path

from lakehouse.crawler.definitions import Definitions
from lakehouse.crawler.kinds import BIGINT, STRING, Kind
from lakehouse.crawler.layout import FilesBelow, FoundTable, Grouping, tables_of
from lakehouse.crawler.schemas import FileColumn, FileSchema
from lakehouse.object_keys.patterns import matcher


def schema(*names: str, format_: str = "json", kind: Kind = BIGINT) -> FileSchema:
    return FileSchema(format_, format_, tuple(FileColumn(n, kind, n) for n in names))


ONE = schema("a", "b", "c")
OTHER = schema("x", "y", "z")


def found(files: dict[str, FileSchema], **grouping: int) -> list[FoundTable]:
    return tables_of(files, Grouping(**grouping))


def shape(
    tables: list[FoundTable],
) -> list[tuple[str, tuple[str | None, ...], list[tuple[str, ...]]]]:
    return [(t.place, t.keys, [values for values, _ in t.partitions]) for t in tables]


def test_keys_and_values_of_folders_are_partitions() -> None:
    files = {
        f"year=2019/month={m}/day={d}/f{i}": ONE for m in ("Jan", "Feb") for d in "12" for i in "ab"
    }
    assert shape(found(files)) == [
        ("", ("year", "month", "day"),
         [("2019", "Feb", "1"), ("2019", "Feb", "2"), ("2019", "Jan", "1"), ("2019", "Jan", "2")]),
    ]  # fmt: skip


def test_alike_folders_beside_each_other_are_one_table() -> None:
    files = {f"table1/partition{i}/file.txt": ONE for i in (1, 2, 3)}
    files |= {f"table2/partition{i}/file.txt": ONE for i in (4, 5)}
    assert shape(found(files)) == [
        ("", (None, None),
         [("table1", "partition1"), ("table1", "partition2"), ("table1", "partition3"),
          ("table2", "partition4"), ("table2", "partition5")]),
    ]  # fmt: skip
    assert shape(found(files, table_level=2)) == [
        ("table1", (None,), [("partition1",), ("partition2",), ("partition3",)]),
        ("table2", (None,), [("partition4",), ("partition5",)]),
    ]


def test_different_folders_are_tables_of_their_own() -> None:
    assert shape(found({"orders/1": ONE, "orders/2": ONE, "customers/1": OTHER})) == [
        ("customers", (), []),
        ("orders", (), []),
    ]


def test_dates_in_folders_are_partitions_even_of_a_single_day() -> None:
    assert shape(found({"log/2026/01/31/23/x": ONE})) == [
        ("log", (None,) * 4, [("2026", "01", "31", "23")])
    ]


def test_seventy_percent_of_the_columns_make_a_table() -> None:
    ten = schema(*"abcdefghij")
    assert len(found({"a": ten, "b": schema(*"abcdefg")})) == 1
    assert len(found({"a": ten, "b": schema(*"abcdef")})) == 2
    (table,) = found({"a": schema(*"abcdefghi"), "b": schema(*"abcdefghi", "k")})
    assert [column.name for column in table.schema.columns] == [*"abcdefghi", "k"]


def test_types_that_do_not_fit_part_files() -> None:
    kinds = {"number": BIGINT, "text": STRING, "row": Kind("struct", (BIGINT,), ("q",))}
    texts = {name: schema("a", kind=kind) for name, kind in kinds.items()}
    assert [t.files for t in found(texts)] == [("number", "text"), ("row",)]
    # Parquet is not read as another type than it is.
    binary = {name: schema("a", format_="parquet", kind=k) for name, k in kinds.items()}
    assert [t.files for t in found(binary)] == [("number",), ("row",), ("text",)]


def test_lines_of_other_orders_are_other_tables() -> None:
    files = {"a": schema("x", "y", format_="csv"), "b": schema("y", "x", format_="csv")}
    assert len(found(files)) == 2


def test_strays_are_the_files_of_others_in_a_tables_folders() -> None:
    files = {"p=1/a": ONE, "p=2/b": ONE, "p=2/c": OTHER, "q/d": OTHER}
    below = FilesBelow([*files, "p=1/deep/e", "p=1/zip"])
    tables = {(t.place, t.keys): t for t in found(files)}
    assert below.strays(tables["p=2", ()]) in (["p=2/b"], ["p=2/c"])
    assert below.strays(tables["q", ()]) == []


def test_exclusions_take_no_file_of_the_table_out() -> None:
    paths = ["t/x.csv", "t/z.a.b.csv", "t/plain"]
    strays = ["t/y.b.csv", "t/w.zip", "t/v.csv", "t/other", "t/deep/u.csv"]
    table = FoundTable("t", schema("a", "b", format_="csv"), tuple(paths))
    schemas = replace(table.schema, traits=(("delimiter", ","), ("header", "1")))
    made = Definitions(Path("/raw"), "me", "db", FilesBelow([*paths, *strays])).of(
        "t", replace(table, schema=schemas)
    )
    excluded = matcher(json.loads(made.parameters["exclusions"]))
    assert [path for path in (*paths, *strays) if not excluded(path.removeprefix("t/"))] == paths
