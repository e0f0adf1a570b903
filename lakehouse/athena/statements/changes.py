"""INSERT, UPDATE, DELETE, MERGE and ALTER TABLE."""

from collections.abc import Callable

from lakehouse.athena.errors import not_supported
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.definitions import DefinitionParser
from lakehouse.athena.syntax import nodes as n


class ChangeParser(DefinitionParser):
    """Reads statements that change rows or tables."""

    def insert(self) -> v.Statement:
        """INSERT INTO table [(columns)] query."""
        self.expect("INSERT", "INTO")
        name = tuple(part.key for part in self.name())
        columns: tuple[n.Identifier, ...] = ()
        if self.at("(") and not self.query_follows(1):
            columns = self.parenthesized(self.identifier)
        return v.Insert(name, columns, self.query(), self.parameters)

    def update(self) -> v.Statement:
        """UPDATE table SET ..."""
        position = self.expect("UPDATE").position
        table = n.Table(self.name(), position=position)
        self.expect("SET")
        assignments = self.listed(self._assignment)
        where = self.expression() if self.accept("WHERE") else None
        return v.Update(table, assignments, where, self.parameters)

    def _assignment(self) -> v.Assignment:
        column = self.identifier()
        self.expect("=")
        return v.Assignment(column, self.expression())

    def delete(self) -> v.Statement:
        """DELETE FROM table ..."""
        position = self.expect("DELETE", "FROM").position
        table = n.Table(self.name(), position=position)
        where = self.expression() if self.accept("WHERE") else None
        return v.Delete(table, where, self.parameters)

    def merge(self) -> v.Statement:
        """MERGE INTO table USING source ON condition WHEN ..."""
        position = self.expect("MERGE", "INTO").position
        table = n.Table(self.name(), position=position)
        named = self.accept("AS") or self.at_identifier()
        alias = self.identifier() if named and not self.at("USING") else None
        self.expect("USING")
        source = self.aliased_relation()
        self.expect("ON")
        condition = self.expression()
        cases = []
        while self.at("WHEN"):
            cases.append(self._merge_case())
        if not cases:
            self.fail("'WHEN'")
        return v.Merge(table, alias, source, condition, tuple(cases), self.parameters)

    def _merge_case(self) -> v.MergeCase:
        self.expect("WHEN")
        matched = not self.accept("NOT")
        self.expect("MATCHED")
        condition = self.expression() if self.accept("AND") else None
        self.expect("THEN")
        if matched and self.accept("DELETE"):
            return v.MergeCase(True, condition, "delete")
        if matched:
            self.expect("UPDATE", "SET")
            return v.MergeCase(True, condition, "update", self.listed(self._assignment))
        self.expect("INSERT")
        columns = self.parenthesized(self.identifier) if self.at("(") else ()
        self.expect("VALUES")
        values = self.parenthesized(self.expression)
        return v.MergeCase(False, condition, "insert", (), columns, values)

    # --- ALTER TABLE ---

    def alter(self) -> v.Statement:
        """ALTER TABLE name ..."""
        self.expect("ALTER")
        if self.at("DATABASE") or self.at("SCHEMA") or self.at("VIEW"):
            raise not_supported(f"ALTER {self.token.keyword}", self.position)
        self.expect("TABLE")
        table = self.ddl_name()
        for words, reader in _ALTERATIONS:
            if self.at(*words):
                self.accept(*(word for word in words if word != "PARTITION"))
                return reader(self, table)
        if self.at("RENAME"):
            raise not_supported("ALTER TABLE RENAME", self.position)
        raise self.unexpected("'ADD', 'DROP', 'REPLACE', 'CHANGE', 'SET', 'UNSET', 'PARTITION'")

    def _add(self, table: v.Name) -> v.Statement:
        if self.accept("COLUMNS"):
            return v.AddColumns(table, self.parenthesized(self.column_definition))
        if_not_exists = self.accept("IF", "NOT", "EXISTS")
        partitions: list[tuple[v.PartitionSpec, str | None]] = []
        while self.at("PARTITION"):
            spec = self.partition_spec()
            partitions.append((spec, self.ddl_string() if self.accept("LOCATION") else None))
        if not partitions:
            self.fail("'COLUMNS', 'PARTITION'")
        return v.AddPartitions(table, if_not_exists, tuple(partitions))

    def partition_spec(self) -> v.PartitionSpec:
        """PARTITION (column = value, ...)."""
        self.expect("PARTITION")
        return self.parenthesized(self._partition_value)

    def _partition_value(self) -> tuple[str, v.Literal]:
        column = self.ddl_word()
        self.expect("=")
        return column, self.literal()

    def _drop(self, table: v.Name) -> v.Statement:
        if_exists = self.accept("IF", "EXISTS")
        if self.at("PARTITION"):
            return v.DropPartitions(table, if_exists, self.listed(self.partition_spec))
        if if_exists:
            self.fail("'PARTITION'")
        self.accept("COLUMN")
        return v.DropColumn(table, self.ddl_word())

    def _change(self, table: v.Name) -> v.Statement:
        self.accept("COLUMN")
        old = self.ddl_word()
        column = self.column_definition()
        if self.accept("FIRST"):
            return v.ChangeColumn(table, old, column, first=True)
        after = self.ddl_word() if self.accept("AFTER") else None
        return v.ChangeColumn(table, old, column, after=after)

    def _partition(self, table: v.Name) -> v.Statement:
        spec = self.partition_spec()
        if self.accept("RENAME", "TO"):
            return v.RenamePartition(table, spec, self.partition_spec())
        self.expect("SET", "LOCATION")
        return v.SetLocation(table, self.ddl_string(), spec)

    def _replace(self, table: v.Name) -> v.Statement:
        return v.ReplaceColumns(table, self.parenthesized(self.column_definition))

    def _set_properties(self, table: v.Name) -> v.Statement:
        return v.SetProperties(table, self.pairs())

    def _unset_properties(self, table: v.Name) -> v.Statement:
        return v.UnsetProperties(table, self.parenthesized(self.ddl_string))

    def _set_location(self, table: v.Name) -> v.Statement:
        return v.SetLocation(table, self.ddl_string())


_ALTERATIONS: tuple[tuple[tuple[str, ...], Callable[[ChangeParser, v.Name], v.Statement]], ...] = (
    (("ADD",), ChangeParser._add),
    (("DROP",), ChangeParser._drop),
    (("REPLACE", "COLUMNS"), ChangeParser._replace),
    (("CHANGE",), ChangeParser._change),
    (("SET", "TBLPROPERTIES"), ChangeParser._set_properties),
    (("UNSET", "TBLPROPERTIES"), ChangeParser._unset_properties),
    (("SET", "LOCATION"), ChangeParser._set_location),
    (("PARTITION",), ChangeParser._partition),
)
