"""What is remembered of tables."""

from lakehouse.athena.schema import MappedSchema, Remembered, TableColumns
from lakehouse.athena.types import Type

BIGINT, VARCHAR = Type("bigint"), Type("varchar")


class Engine:
    """A schema that changes, and counts how often it is asked."""

    def __init__(self) -> None:
        self.columns = [("a", BIGINT)]
        self.asked = 0

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        self.asked += 1
        return MappedSchema({"core.t": self.columns}).table(parts)


def test_a_table_is_looked_at_once_in_each_state() -> None:
    engine = Engine()
    states: dict[tuple[str, ...], str] = {("t",): "first"}
    schema = Remembered(engine, states.get, {})
    found = [schema.table(("t",)) for _ in range(3)]
    assert [each.columns for each in found if each] == [(("a", BIGINT),)] * 3
    assert engine.asked == 1
    engine.columns, states[("t",)] = [("b", VARCHAR)], "second"
    changed = schema.table(("t",))
    assert changed is not None
    assert changed.columns == (("b", VARCHAR),)


def test_what_has_no_state_or_is_not_there_is_not_remembered() -> None:
    engine = Engine()
    states: dict[tuple[str, ...], str] = {("gone",): "first"}
    schema = Remembered(engine, states.get, {})
    assert [schema.table(("gone",)) for _ in range(2)] == [None, None]
    assert all(schema.table(("t",)) for _ in range(2))
    assert engine.asked == 4
