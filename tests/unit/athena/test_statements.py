"""Statements become typed values; what one of them says is in its value, or it is an error."""

import pytest

from lakehouse.athena import AthenaError
from lakehouse.athena.statements import parse_statement
from lakehouse.athena.statements import values as v
from lakehouse.athena.types import BIGINT, INTEGER, VARCHAR, array, decimal, map_of, row, timestamp


def test_an_iceberg_table_with_every_transform() -> None:
    made = parse_statement("""
        CREATE TABLE iceberg.events (id bigint COMMENT 'key', at timestamp, tags array<string>,
            m map<string,int>, s struct<a:int, b:decimal(10,2)>)
        COMMENT 'all events'
        PARTITIONED BY (tags, bucket(16, id), day(at), truncate(4, name), year(at), month(at),
            hour(at))
        LOCATION 's3://bucket/events/'
        TBLPROPERTIES ('table_type'='ICEBERG', 'format'='parquet', 'write_compression'='zstd')
    """)
    assert made == v.CreateTable(
        name=("iceberg", "events"),
        columns=(
            v.ColumnDefinition("id", BIGINT, "key"),
            v.ColumnDefinition("at", timestamp(6)),
            v.ColumnDefinition("tags", array(VARCHAR)),
            v.ColumnDefinition("m", map_of(VARCHAR, INTEGER)),
            v.ColumnDefinition("s", row((INTEGER, decimal(10, 2)), ("a", "b"))),
        ),
        comment="all events",
        transforms=(
            v.Transform("identity", "tags"),
            v.Transform("bucket", "id", 16),
            v.Transform("day", "at"),
            v.Transform("truncate", "name", 4),
            v.Transform("year", "at"),
            v.Transform("month", "at"),
            v.Transform("hour", "at"),
        ),
        location="s3://bucket/events/",
        properties=(
            ("table_type", "ICEBERG"),
            ("format", "parquet"),
            ("write_compression", "zstd"),
        ),
    )


def test_an_external_table_keeps_every_clause_of_hive() -> None:
    made = parse_statement(r"""
        CREATE EXTERNAL TABLE IF NOT EXISTS `db`.`logs` (`line` string, price float)
        PARTITIONED BY (`year` int COMMENT 'y', day string)
        CLUSTERED BY (line) INTO 8 BUCKETS
        ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n'
        STORED AS TEXTFILE
        LOCATION 's3://b/l/'
        TBLPROPERTIES ('skip.header.line.count'='1')
    """)
    assert isinstance(made, v.CreateTable)
    assert (made.name, made.external, made.if_not_exists) == (("db", "logs"), True, True)
    assert [column.name for column in made.partition_columns] == ["year", "day"]
    assert (made.clustered_by, made.buckets) == (("line",), 8)
    assert made.delimited == (("fields", ","), ("escape", "\\"), ("lines", "\n"))
    assert (made.stored_as, made.location) == ("textfile", "s3://b/l/")


def test_a_serde_with_its_properties() -> None:
    made = parse_statement("""
        CREATE EXTERNAL TABLE t (a string)
        ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
        WITH SERDEPROPERTIES ('ignore.malformed.json'='true')
        STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out' LOCATION 's3://b/'
    """)
    assert isinstance(made, v.CreateTable)
    assert made.serde == "org.openx.data.jsonserde.JsonSerDe"
    assert made.serde_properties == (("ignore.malformed.json", "true"),)
    assert (made.input_format, made.output_format) == ("in", "out")


def test_create_table_as_keeps_properties_and_no_data() -> None:
    made = parse_statement("""
        CREATE TABLE IF NOT EXISTS db.t WITH (table_type = 'ICEBERG', is_external = false,
            partitioning = ARRAY['day(at)', 'bucket(id, 4)'], bucket_count = 5)
        AS SELECT 1 AS a WITH NO DATA
    """)
    assert isinstance(made, v.CreateTableAs)
    assert made.properties == {
        "table_type": "ICEBERG",
        "is_external": False,
        "partitioning": ("day(at)", "bucket(id, 4)"),
        "bucket_count": 5,
    }
    assert (made.with_data, made.if_not_exists, made.writes) == (False, True, True)


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("DROP TABLE IF EXISTS a.b;", v.DropTable(("a", "b"), True)),
        ("DROP VIEW v", v.DropView(("v",), False)),
        ("DROP SCHEMA IF EXISTS d CASCADE", v.DropDatabase("d", True, True)),
        (
            "CREATE DATABASE IF NOT EXISTS d COMMENT 'c' LOCATION 's3://x/'",
            v.CreateDatabase("d", True, "c", "s3://x/"),
        ),
        ("SHOW DATABASES LIKE 'a.*'", v.Show("databases", (), "a.*")),
        ("SHOW TABLES IN db '*_log'", v.Show("tables", ("db",), "*_log")),
        ("SHOW VIEWS", v.Show("views")),
        ("SHOW COLUMNS IN db.t", v.Show("columns", ("db", "t"))),
        ("SHOW COLUMNS FROM t FROM db", v.Show("columns", ("db", "t"))),
        ("SHOW PARTITIONS t", v.Show("partitions", ("t",))),
        ("SHOW CREATE TABLE db.t", v.Show("create table", ("db", "t"))),
        ("SHOW CREATE VIEW v", v.Show("create view", ("v",))),
        ("SHOW TBLPROPERTIES t ('format')", v.ShowProperties(("t",), "format")),
        ("DESCRIBE FORMATTED db.t", v.Describe(("db", "t"), "formatted")),
        ("DESC t column_a", v.Describe(("t",), "", (), "column_a")),
        ("MSCK REPAIR TABLE t", v.MsckRepair(("t",))),
        ("VACUUM db.t", v.Vacuum(("db", "t"))),
        ("DEALLOCATE PREPARE p", v.Deallocate("p")),
        (
            "ALTER TABLE t ADD IF NOT EXISTS PARTITION (y = 2020, d = 'x') LOCATION 's3://a/' "
            "PARTITION (y = 2021, d = 'z')",
            v.AddPartitions(
                ("t",),
                True,
                (((("y", 2020), ("d", "x")), "s3://a/"), ((("y", 2021), ("d", "z")), None)),
            ),
        ),
        (
            "ALTER TABLE t DROP IF EXISTS PARTITION (y = 1), PARTITION (y = 2)",
            v.DropPartitions(("t",), True, ((("y", 1),), (("y", 2),))),
        ),
        (
            "ALTER TABLE t PARTITION (y = 1) RENAME TO PARTITION (y = 2)",
            v.RenamePartition(("t",), (("y", 1),), (("y", 2),)),
        ),
        (
            "ALTER TABLE t SET TBLPROPERTIES ('format'='orc')",
            v.SetProperties(("t",), (("format", "orc"),)),
        ),
        ("ALTER TABLE t UNSET TBLPROPERTIES ('a', 'b')", v.UnsetProperties(("t",), ("a", "b"))),
        ("ALTER TABLE t SET LOCATION 's3://n/'", v.SetLocation(("t",), "s3://n/")),
        (
            "ALTER TABLE t ADD COLUMNS (a bigint, b string)",
            v.AddColumns(
                ("t",), (v.ColumnDefinition("a", BIGINT), v.ColumnDefinition("b", VARCHAR))
            ),
        ),
        ("ALTER TABLE t DROP COLUMN a", v.DropColumn(("t",), "a")),
        (
            "ALTER TABLE t CHANGE a b bigint COMMENT 'c' AFTER z",
            v.ChangeColumn(("t",), "a", v.ColumnDefinition("b", BIGINT, "c"), after="z"),
        ),
    ],
)
def test_small_statements(sql: str, value: v.Statement) -> None:
    assert parse_statement(sql) == value


def test_prepared_statements_keep_their_own_text() -> None:
    made = parse_statement("PREPARE p FROM SELECT * FROM t WHERE a = ? AND b > ?;")
    assert isinstance(made, v.Prepare)
    assert made.text == "SELECT * FROM t WHERE a = ? AND b > ?"
    assert isinstance(made.statement, v.Select)
    assert made.statement.parameters == 2
    run = parse_statement("EXECUTE p USING 1, 'x'")
    assert isinstance(run, v.Execute)
    assert (run.name, len(run.values)) == ("p", 2)


def test_changes_of_rows() -> None:
    insert = parse_statement("INSERT INTO db.t (a, b) SELECT 1, 2")
    assert isinstance(insert, v.Insert)
    assert [column.key for column in insert.columns] == ["a", "b"]
    update = parse_statement("UPDATE t SET a = a + 1, b = 'x' WHERE a > 3")
    assert isinstance(update, v.Update)
    assert len(update.assignments) == 2
    assert update.where is not None
    merge = parse_statement("""
        MERGE INTO t AS x USING (SELECT 1 AS id) AS s ON x.id = s.id
        WHEN MATCHED AND s.id > 5 THEN DELETE
        WHEN MATCHED THEN UPDATE SET a = s.id
        WHEN NOT MATCHED THEN INSERT (id, a) VALUES (s.id, 1)
    """)
    assert isinstance(merge, v.Merge)
    assert [(case.matched, case.action) for case in merge.cases] == [
        (True, "delete"),
        (True, "update"),
        (False, "insert"),
    ]


def test_unload_optimize_and_views_keep_the_text_they_hold() -> None:
    unload = parse_statement(
        "UNLOAD (SELECT a FROM t) TO 's3://b/' "
        "WITH (format = 'PARQUET', partitioned_by = ARRAY['a'])"
    )
    assert isinstance(unload, v.Unload)
    assert (unload.text, unload.location) == ("SELECT a FROM t", "s3://b/")
    assert unload.properties == {"format": "PARQUET", "partitioned_by": ("a",)}
    optimize = parse_statement(
        "OPTIMIZE t REWRITE DATA USING BIN_PACK WHERE day = DATE '2020-01-01'"
    )
    assert isinstance(optimize, v.Optimize)
    assert optimize.where_text == "day = DATE '2020-01-01'"
    view = parse_statement("CREATE OR REPLACE VIEW v AS SELECT 1 AS a")
    assert isinstance(view, v.CreateView)
    assert (view.replace, view.text) == (True, "SELECT 1 AS a")


def test_explain() -> None:
    made = parse_statement("EXPLAIN ANALYZE SELECT 1")
    assert isinstance(made, v.Explain)
    assert made.analyze
    assert not made.writes
    options = parse_statement("EXPLAIN (TYPE VALIDATE, FORMAT JSON) SELECT 1")
    assert isinstance(options, v.Explain)
    assert options.options == (("type", "validate"), ("format", "json"))


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("CREATE TABLE t (a bigint) SORTED BY (a)", "SYNTAX_ERROR"),
        ("CREATE TABLE t (a nosuchtype)", "TYPE_NOT_FOUND"),
        ("CREATE TABLE t (a bigint) PARTITIONED BY (zorder(a))", "NOT_SUPPORTED"),
        ("CREATE TABLE t (a bigint) PARTITIONED BY (b int, day(a))", "SYNTAX_ERROR"),
        ("CREATE TABLE t (a bigint) TBLPROPERTIES ('a'='1', 'a'='2')", "DUPLICATE_PROPERTY"),
        ("CREATE FUNCTION f AS 1", "NOT_SUPPORTED"),
        ("DROP TABLE t CASCADE", "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR"),
        ("SELECT 1;;", "SYNTAX_ERROR"),
        ("INSERT OVERWRITE t SELECT 1", "SYNTAX_ERROR"),
        ("VACUUM t FULL", "SYNTAX_ERROR"),
        ("OPTIMIZE t REWRITE DATA USING SORT", "SYNTAX_ERROR"),
        ("UNLOAD (SELECT 1) TO 's3://b/'", "SYNTAX_ERROR"),
        ("ATTACH 'x' AS y", "SYNTAX_ERROR"),
        ("COPY t TO 'x'", "SYNTAX_ERROR"),
        ("SET memory_limit = '1GB'", "SYNTAX_ERROR"),
        ("PRAGMA version", "SYNTAX_ERROR"),
        ("ALTER TABLE t RENAME TO u", "NOT_SUPPORTED"),
        ("SHOW FUNCTIONS", "NOT_SUPPORTED"),
    ],
)
def test_what_is_no_statement_here_is_refused(sql: str, code: str) -> None:
    with pytest.raises(AthenaError) as raised:
        parse_statement(sql)
    assert raised.value.code == code
