"""The layout of statements: what it looks like, and that nothing but white space changes."""

import re

import pytest

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.layout import laid_out
from lakehouse.athena.syntax.tokens import tokenize

CASES = {
    "clauses": (
        "select country, sum(net_amount) as net from core.fct_orders where order_date >= date "
        "'2011-01-01' group by country order by net desc limit 5;",
        """SELECT country, sum(net_amount) AS net
FROM core.fct_orders
WHERE order_date >= date '2011-01-01'
GROUP BY country
ORDER BY net DESC
LIMIT 5;
""",
    ),
    "long lists": (
        "select customer_id, country, first_order_date, last_order_date, order_count, net_amount "
        "from core.dim_customers where country = 'Norway' and order_count between 1 and 9 and "
        "net_amount > 100 or customer_id is null",
        """SELECT
  customer_id,
  country,
  first_order_date,
  last_order_date,
  order_count,
  net_amount
FROM core.dim_customers
WHERE country = 'Norway'
  AND order_count BETWEEN 1 AND 9
  AND net_amount > 100
  OR customer_id IS NULL
""",
    ),
    "queries in brackets": (
        "with t as (select a,b from x join y using (id)) select * from t where a in (select 1)",
        """WITH t AS (
  SELECT a, b
  FROM x
  JOIN y USING (id)
)
SELECT *
FROM t
WHERE a IN (
  SELECT 1
)
""",
    ),
    "FROM that begins no clause": (
        "select extract(year from d), a is distinct from b from t",
        "SELECT EXTRACT(year FROM d), a IS DISTINCT FROM b\nFROM t\n",
    ),
    "comments": (
        "-- who\nselect a, -- the first\n b /* and */ from t -- end",
        "-- who\nSELECT a, -- the first\nb /* and */\nFROM t -- end\n",
    ),
    "texts stay": ("select 'a  from  b', \"Order  By\" from t", None),
    "values": ("values (1,'a'),(-2, 'b')", "VALUES (1, 'a'), (-2, 'b')\n"),
    "half a statement": ("select (((", None),
    "too many brackets": ("select a)) from t", None),
    "windows": (
        "select sum(x) over (partition by a order by b rows between 1 preceding and current row) "
        "from t left join u on t.a=u.a",
        None,
    ),
}


def tokens(sql: str) -> list[tuple[object, str]]:
    return [(t.kind, t.text.upper() if t.keyword else t.text) for t in tokenize(sql)]


def comments(sql: str) -> list[str]:
    return re.findall(r"--[^\n]*|/\*.*?\*/", sql)


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    sql, expected = CASES[name]
    made = laid_out(sql)
    if expected is not None:
        assert made == expected
    assert tokens(made) == tokens(sql)
    assert comments(made) == comments(sql)
    assert laid_out(made) == made


def test_text_that_is_no_sql_is_refused() -> None:
    with pytest.raises(AthenaError, match="SYNTAX_ERROR: line 1:8"):
        laid_out("select \u20ac")
