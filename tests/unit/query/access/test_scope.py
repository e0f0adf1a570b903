"""What rules let through, against QuickSight's semantics computed in plain Python."""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.access_settings import AccessSettings
from lakehouse.errors import AccessError
from lakehouse.query.access.rules import Rules, UnreadableRulesError, values_of
from lakehouse.query.access.scope import Scope
from lakehouse.query.access.viewer import Person

SALES = [
    ("France", "A", "1"), ("France", "B", "2"), ("Norway", "A", "3"), ("Korea, South", "C", None),
    (None, "A", "4"), ("O'Neill\"s", "B", "5"), ("france", "A", "1"),
]  # fmt: skip
CUSTOMERS = [("1", "France"), ("2", "France"), ("3", "Norway"), ("4", None), ("5", "Norway")]
NAMES = ("country", "product_id", "customer_id")
THROUGH = {"customer_id": "core.dim_customers"}


def rules(rows: Sequence[Mapping[str, str | None]], columns: Sequence[tuple] = ()) -> Rules:
    names = list(dict.fromkeys(["user_name", "group_name", *(n for row in rows for n in row)]))
    table = pa.table({n: pa.array([row.get(n) for row in rows], pa.string()) for n in names})
    fields = ("table_name", "column_name", "user_name", "group_name")
    hiding = [dict(zip(fields, each, strict=True)) for each in columns]
    schema = pa.schema([(name, pa.string()) for name in fields])
    return Rules.of(table, pa.Table.from_pylist(hiding, schema))


def scope(
    *rows: Mapping[str, str | None], person: str = "ada", groups: Sequence[str] = ()
) -> Scope:
    return rules(rows).scope(Person(person, frozenset(groups)), AccessSettings())


def find(name: str) -> tuple[str, list[str]] | None:
    return ("customers", ["customer_id", "country"]) if name == "core.dim_customers" else None


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table sales (country varchar, product_id varchar, customer_id varchar)")
    con.executemany("insert into sales values (?, ?, ?)", SALES)
    con.execute("create table customers (customer_id varchar, country varchar)")
    con.executemany("insert into customers values (?, ?)", CUSTOMERS)
    con.execute("create table lists (customer_id varchar, item varchar)")
    con.executemany("insert into lists values (?, 'x')", [(c,) for c, _ in CUSTOMERS] + [(None,)])
    return con


def rows(engine: duckdb.DuckDBPyConnection, seen: Scope) -> list[tuple]:
    relation = seen.sight("core.sales", NAMES, find).sql("sales")
    return engine.execute(f"select * from {relation} as s").fetchall()


@given(
    st.lists(
        st.fixed_dictionaries({
            "user_name": st.sampled_from(["ada", "bob", None]),
            "group_name": st.sampled_from(["north", None]),
            "country": st.sampled_from([None, "", "France", "Norway,France", '"Korea, South"']),
            "product_id": st.sampled_from([None, "A", "A,B", "Z"]),
        }),
        max_size=4,
    )
)  # fmt: skip
def test_rules_add_up_and_their_columns_narrow(given_rules: list[dict[str, str | None]]) -> None:
    con = duckdb.connect()
    con.execute("create table sales (country varchar, product_id varchar, customer_id varchar)")
    con.executemany("insert into sales values (?, ?, ?)", SALES)
    listed = {'"Korea, South"': ["Korea, South"]}
    mine = [r for r in given_rules if r["user_name"] == "ada" or r["group_name"] == "north"]
    expected = [
        sale
        for sale in SALES
        if any(
            all(
                not rule[name] or sale[i] in listed.get(str(rule[name]), str(rule[name]).split(","))
                for i, name in enumerate(("country", "product_id"))
            )
            for rule in mine
        )
    ]
    seen = scope(*given_rules, groups=["north"])
    if not mine:
        assert seen.nothing
        with pytest.raises(AccessError):
            seen.sight("core.sales", NAMES, find)
    else:
        assert sorted(rows(con, seen), key=str) == sorted(expected, key=str)


def test_a_comma_separates_and_quotes_keep_it() -> None:
    assert values_of("France,Norway") == ("France", "Norway")
    assert values_of('"Korea, South",France') == ("Korea, South", "France")
    assert values_of('"say ""hi"", twice"') == ('say "hi", twice',)
    assert values_of(' France, Norway"s') == (" France", ' Norway"s')  # spaces count
    assert values_of("a,,a") == ("a", "")


def test_values_are_values_whatever_they_hold(engine: duckdb.DuckDBPyConnection) -> None:
    odd = scope({"user_name": "ada", "country": "O'Neill\"s"})
    assert rows(engine, odd) == [("O'Neill\"s", "B", "5")]
    nasty = scope({"user_name": "ada", "country": "x') OR ('1'='1"})
    assert rows(engine, nasty) == []


def test_a_table_without_the_column_is_reached_through_its_customers(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    seen = scope({"user_name": "ada", "country": "Norway"})
    relation = seen.sight("ml.recommendations", ["customer_id", "item"], find).sql("lists")
    found = engine.execute(f"select customer_id from {relation} as l order by 1").fetchall()
    assert found == [("3",), ("5",)]
    with pytest.raises(AccessError, match="it has no country"):
        seen.sight("ml.item_partners", ["product_id", "partner"], find)


def test_a_rule_that_a_table_can_not_tell_lets_nothing_of_it_through() -> None:
    two = scope({"user_name": "ada", "country": "France"}, {"user_name": "ada", "product_id": "A"})
    sight = two.sight("core.fct_orders", ["order_id", "country"], find)
    assert sight.where == """(CAST("country" AS VARCHAR) IN ('France'))"""
    both = scope({"user_name": "ada", "country": "France", "product_id": "A"})
    with pytest.raises(AccessError):
        both.sight("core.fct_orders", ["order_id", "country"], find)


def test_open_tables_show_their_open_columns_and_no_more() -> None:
    seen = scope({"user_name": "ada", "country": "France"})
    columns = ["product_id", "description", "net_amount"]
    assert seen.sight("core.dim_products", columns, find).columns == ("product_id", "description")
    assert seen.sight("core.dim_dates", ["date_day"], find).where is None
    with pytest.raises(AccessError):
        scope(person="eve").sight("core.fct_orders", ["country"], find)


@pytest.mark.parametrize("table", ["access.row_rules", "ops.query_executions", "ops.audit"])
def test_what_is_about_everybody_is_for_those_who_see_everything(table: str) -> None:
    narrow = scope({"user_name": "ada", "country": "France"})
    with pytest.raises(AccessError):
        narrow.sight(table, ["user_name", "country"], find)
    assert scope({"user_name": "ada"}).sight(table, ["sql"], find).where is None


def test_a_column_under_a_rule_is_hidden_from_all_but_those_named() -> None:
    book = rules(
        [{"user_name": name} for name in ("ada", "bob", "cyd")],
        [
            ("core.sales", "Customer_ID", "ada", None),
            ("core.sales", "customer_id", None, "finance"),
            (None, "product_id", None, None),
        ],
    )

    def columns(person: Person, table: str = "core.sales") -> tuple[str, ...]:
        return book.scope(person, AccessSettings()).sight(table, NAMES, find).columns

    assert columns(Person("ada")) == ("country", "customer_id")
    assert columns(Person("bob")) == ("country",)
    assert columns(Person("cyd", frozenset({"finance"}))) == ("country", "customer_id")
    assert columns(Person("bob"), "core.other") == ("country", "customer_id")
    seen = book.scope(Person("bob"), AccessSettings())
    assert not seen.everything
    with pytest.raises(AccessError, match="every column"):
        seen.sight("core.sales", ["product_id"], find)
    # Raw records hold all columns, in whatever place.
    with pytest.raises(AccessError):
        seen.sight("landing.rejects", ["line"], find)


def test_names_of_quicksight_and_keys_of_caches() -> None:
    table = pa.table({"UserName": ["ada"], "GroupName": [None], "Country": ["France"]})
    none = pa.table(
        {"table_name": pa.array([], pa.string()), "column_name": pa.array([], pa.string())}
    )
    quick = Rules.of(table, none).scope(Person("ada"), AccessSettings())
    same = scope({"user_name": "ada", "country": "France"})
    assert quick.rows == same.rows
    assert quick.digest == same.digest != scope({"user_name": "ada", "country": "Norway"}).digest
    assert scope({"user_name": "ada"}).digest == ""
    assert scope().digest not in ("", same.digest)
    with pytest.raises(UnreadableRulesError):
        Rules.of(pa.table({"country": ["France"]}), none)


def test_no_condition_is_tried_on_a_row_that_is_held_back() -> None:
    """An error of a cast would tell a hidden value."""
    con = duckdb.connect()
    con.execute(
        "create table sales as select i, if(i % 3 = 0, 'Norway', 'France') as country, "
        "if(i % 3 = 0, 'secret' || i, '7') as note from range(100000) t(i)"
    )
    sight = scope({"user_name": "ada", "country": "France"}).sight(
        "core.sales", ["i", "country", "note"], find
    )
    asked = f"select count(*) from {sight.sql('sales')} as s where cast(note as integer) = 7"
    assert con.execute(asked).fetchall() == [(66666,)]
    with pytest.raises(duckdb.ConversionException):  # what would happen without
        con.execute("select count(*) from sales where cast(note as integer) = 7 and i < 100")
