"""SQL in, SQL out, one pair for each difference between Trino and the engine."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lakehouse.athena import AthenaError, MappedSchema, translate
from lakehouse.athena.analysis.clock import StatementClock
from lakehouse.athena.types import BIGINT, DATE, DOUBLE, VARCHAR, Type, array, decimal, timestamp

SCHEMA = MappedSchema(
    {
        "lake.shop.t": (
            ("i", Type("integer")),
            ("b", BIGINT),
            ("d", DOUBLE),
            ("m", decimal(10, 2)),
            ("s", VARCHAR),
            ("day", DATE),
            ("at", timestamp(6)),
            ("xs", array(BIGINT)),
        )
    }
)


def sql(expression: str) -> str:
    """The engine's SQL of one expression over the table `t`."""
    made = translate(f"SELECT {expression} AS x FROM t", SCHEMA).sql
    return made.removeprefix("SELECT ").removesuffix(' AS "x" FROM "lake"."shop"."t" AS r1')


@pytest.mark.parametrize(
    ("athena", "engine"),
    [
        # Integers divide as integers, and never by zero.
        ("i / 2", '(r1."i" // 2)'),
        (
            "i / i",
            'CASE WHEN r1."i" = 0 AND r1."i" IS NOT NULL '
            "THEN athena_raise('DIVISION_BY_ZERO:Division by zero') "
            'ELSE r1."i" // r1."i" END',
        ),
        # Operands widen before they meet.
        ("i + b", '(CAST(r1."i" AS BIGINT) + r1."b")'),
        ("i + d", '(CAST(r1."i" AS DOUBLE) + r1."d")'),
        # Decimal arithmetic has the precision and scale of Trino's table.
        (
            "m * m",
            'CAST((CAST(r1."m" AS DECIMAL(19,2)) * r1."m") AS DECIMAL(20,4))',
        ),
        # NaN is above everything to the engine, and equal to nothing to Trino.
        ("d > 5e0", '((r1."d" > CAST(\'5e0\' AS DOUBLE)) AND NOT isnan(r1."d"))'),
        ("d < 5e0", "(r1.\"d\" < CAST('5e0' AS DOUBLE))"),
        # A date plus an interval stays a date.
        ("day + INTERVAL '1' MONTH", 'CAST(r1."day" + to_months(1) AS DATE)'),
        # A constant pattern RE2 reads like Java goes to the engine itself.
        (r"regexp_like(s, '^a\d+')", r"""regexp_matches(r1."s", '^a\d+')"""),
        # One it can't, goes to Python.
        ("regexp_like(s, 'a(?=b)')", "athena_regexp_like(r1.\"s\", 'a(?=b)')"),
        # MySQL's format letters become the engine's.
        (
            "date_format(at, '%Y-%m-%d %H:%i')",
            "strftime(CAST(r1.\"at\" AS TIMESTAMP), '%Y-%m-%d %H:%M')",
        ),
        # Lambdas.
        (
            "transform(xs, x -> x + 1)",
            'list_transform(r1."xs", lambda p0_0: (p0_0 + CAST(1 AS BIGINT)))',
        ),
        # A comparison a reader of the table can prune by.
        ("day = DATE '2020-01-31'", "(r1.\"day\" = CAST('2020-01-31' AS DATE))"),
        ("b BETWEEN 1 AND 5", '((r1."b" >= CAST(1 AS BIGINT)) AND (r1."b" <= CAST(5 AS BIGINT)))'),
    ],
)
def test_pairs(athena: str, engine: str) -> None:
    found = sql(athena)
    assert found in (engine, f"CAST({engine} AS VARCHAR)", f"CAST({engine} AS BOOLEAN)")


def test_names_and_types_of_the_result() -> None:
    made = translate("SELECT 1, i AS Total, t.b, s || 'x' FROM shop.t", SCHEMA)
    assert made.names == ("_col0", "Total", "b", "_col3")
    assert [str(one) for one in made.types] == ["integer", "integer", "bigint", "varchar"]


def test_sums_and_counts_stay_one_plain_aggregate_of_the_engine() -> None:
    made = translate("SELECT count(*), sum(b), avg(d) FROM t", SCHEMA).sql
    assert 'athena_narrow_bigint(sum(r1."b"))' in made
    assert made.count("sum(") == 1
    assert made.count("avg(") == 1


def test_parameters_are_values_never_text() -> None:
    made = translate(
        "SELECT ?, ?, ?, ? FROM t WHERE s = ?",
        SCHEMA,
        [1, "it's", Decimal("1.50"), None, "'; DROP TABLE t --"],
    )
    assert "'''; DROP TABLE t --'" in made.sql
    assert [str(one) for one in made.types] == ["integer", "varchar(4)", "decimal(3,2)", "unknown"]


def test_a_missing_parameter() -> None:
    with pytest.raises(AthenaError, match="INVALID_PARAMETER_USAGE"):
        translate("SELECT ?", SCHEMA)


def test_time_travel() -> None:
    by_version = translate("SELECT i FROM t FOR VERSION AS OF 123", SCHEMA).sql
    assert by_version.endswith('"t" AS r1 AT (VERSION => 123)')
    by_time = translate(
        "SELECT i FROM t FOR TIMESTAMP AS OF TIMESTAMP '2024-01-01 00:00:00 UTC'", SCHEMA
    )
    assert "AT (TIMESTAMP => timezone('UTC'," in by_time.sql
    with pytest.raises(AthenaError, match="TYPE_MISMATCH"):
        translate("SELECT i FROM t FOR TIMESTAMP AS OF DATE '2024-01-01'", SCHEMA)


def test_the_statement_sees_one_instant() -> None:
    clock = StatementClock(datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
    made = translate("SELECT now(), current_date", SCHEMA, clock=clock).sql
    assert "2024-01-02 03:04:05.000000+00" in made
    assert "CAST('2024-01-02' AS DATE)" in made


def test_errors_name_the_place() -> None:
    with pytest.raises(AthenaError) as raised:
        translate("SELECT i,\n  nosuch\nFROM t", SCHEMA)
    assert str(raised.value) == "COLUMN_NOT_FOUND: line 2:3: Column 'nosuch' cannot be resolved"
    assert raised.value.exit_code == 5


def test_nothing_of_the_engine_is_reached_by_name() -> None:
    for call in (
        "read_csv('/etc/passwd')",
        "getenv('HOME')",
        "list_sum(xs)",
        "current_setting('x')",
    ):
        with pytest.raises(AthenaError, match="FUNCTION_NOT_FOUND"):
            translate(f"SELECT {call} FROM t", SCHEMA)
    for relation in ("read_csv('/etc/passwd')", "range(5)", "TABLE(f())"):
        with pytest.raises(AthenaError, match="NOT_SUPPORTED"):
            translate(f"SELECT * FROM {relation}", SCHEMA)
    for name in ("'/etc/passwd'", '"/etc/passwd"', "duckdb_settings"):
        with pytest.raises(AthenaError, match=r"SYNTAX_ERROR|TABLE_NOT_FOUND"):
            translate(f"SELECT * FROM {name}", SCHEMA)


def test_a_query_too_long_for_athena() -> None:
    with pytest.raises(AthenaError, match="QUERY_TEXT_TOO_LARGE"):
        translate(f"SELECT '{'x' * 262_144}'", SCHEMA)


def test_volatile_arguments_are_computed_once() -> None:
    made = translate("SELECT sign(random())", SCHEMA).sql
    assert made.count("random()") == 1
