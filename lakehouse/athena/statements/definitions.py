"""CREATE TABLE as Athena writes it: Hive's clauses, Iceberg's transforms, CTAS properties."""

from dataclasses import replace

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.hive_types import hive_type
from lakehouse.athena.syntax.queries import QueryParser
from lakehouse.athena.syntax.tokens import Kind

_TRANSFORMS = ("year", "month", "day", "hour", "bucket", "truncate")
_FORMATS = (
    "SEQUENCEFILE", "TEXTFILE", "RCFILE", "ORC", "PARQUET", "AVRO", "ION", "JSON",
)  # fmt: skip
_DELIMITERS = (
    ("FIELDS", "fields"),
    ("COLLECTION", "collection items"),
    ("MAP", "map keys"),
    ("LINES", "lines"),
)


class DefinitionParser(QueryParser):
    """Reads names, columns, properties and CREATE TABLE."""

    def ddl_word(self) -> str:
        """A name as Hive writes it: bare or in back quotes; reserved words too if quoted."""
        if self.token.kind in (Kind.BACKQUOTED, Kind.QUOTED):
            return self.next().value.lower()
        if self.token.kind is not Kind.WORD:
            self.fail("<identifier>")
        return self.next().value.lower()

    def ddl_name(self) -> v.Name:
        """A dotted name; `db.table` in one pair of back quotes is two parts, as in Athena."""
        parts = self._ddl_parts()
        while self.accept("."):
            parts += self._ddl_parts()
        return tuple(parts)

    def _ddl_parts(self) -> list[str]:
        whole = self.token.kind is Kind.BACKQUOTED
        word = self.ddl_word()
        return word.split(".") if whole else [word]

    def ddl_string(self) -> str:
        """A string as Hive writes it, in either kind of quotes."""
        return self.next().value if self.token.kind is Kind.QUOTED else self.string()

    def pair(self) -> tuple[str, str]:
        """'key' = 'value'."""
        quoted = self.token.kind in (Kind.STRING, Kind.QUOTED)
        key = self.ddl_string() if quoted else self.ddl_word()
        self.expect("=")
        if self.token.kind in (Kind.STRING, Kind.QUOTED):
            return key, self.next().value
        if self.token.kind in (Kind.INTEGER, Kind.DECIMAL) or self.token.keyword in (
            "TRUE",
            "FALSE",
        ):
            return key, self.next().value.lower()
        raise self.unexpected("<string>")

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """('key' = 'value', ...), no key twice."""
        position = self.position
        found = self.parenthesized(self.pair)
        if len({key for key, _ in found}) < len(found):
            raise AthenaError("DUPLICATE_PROPERTY", "Duplicate property", position)
        return found

    def column_definition(self) -> v.ColumnDefinition:
        """name type [COMMENT 'text']."""
        name = self.ddl_word()
        made = hive_type(self, self.ddl_word)
        comment = self.ddl_string() if self.accept("COMMENT") else None
        return v.ColumnDefinition(name, made, comment)

    def create_table(self, *, external: bool) -> v.Statement:
        """What follows CREATE [EXTERNAL] TABLE."""
        if_not_exists = self.accept("IF", "NOT", "EXISTS")
        name = self.ddl_name()
        if not self.at("("):
            if external:
                self.fail("'('")
            return self._create_as(name, if_not_exists)
        columns = self.parenthesized(self.column_definition)
        table = v.CreateTable(name, columns, external, if_not_exists)
        if self.accept("COMMENT"):
            table = replace(table, comment=self.ddl_string())
        if self.accept("PARTITIONED", "BY"):
            table = self._partitioned(table)
        if self.accept("CLUSTERED", "BY"):
            clustered = self.parenthesized(self.ddl_word)
            self.expect("INTO")
            table = replace(table, clustered_by=clustered, buckets=self.integer())
            self.expect("BUCKETS")
        table = self._stored(table)
        if self.accept("LOCATION"):
            table = replace(table, location=self.ddl_string())
        if self.accept("TBLPROPERTIES"):
            table = replace(table, properties=self.pairs())
        return table

    def _partitioned(self, table: v.CreateTable) -> v.CreateTable:
        self.expect("(")
        columns: list[v.ColumnDefinition] = []
        transforms: list[v.Transform] = []
        while True:
            following = self.ahead()
            if (
                following.kind is Kind.WORD and following.keyword != "COMMENT"
            ) or following.text in ("<",):
                columns.append(self.column_definition())
            else:
                transforms.append(self._transform())
            if not self.accept(","):
                break
        position = self.position
        self.expect(")")
        if columns and transforms:
            message = "PARTITIONED BY takes typed columns or transforms, not both"
            raise AthenaError("SYNTAX_ERROR", message, position)
        return replace(table, partition_columns=tuple(columns), transforms=tuple(transforms))

    def _transform(self) -> v.Transform:
        position = self.position
        word = self.ddl_word()
        if not self.accept("("):
            return v.Transform("identity", word)
        if word not in _TRANSFORMS:
            raise AthenaError(
                "NOT_SUPPORTED", f"Partition transform {word} is not supported", position
            )
        width = None
        if word in ("bucket", "truncate"):
            width = self.integer()
            self.expect(",")
        column = self.ddl_word()
        self.expect(")")
        return v.Transform(word, column, width)

    def _stored(self, table: v.CreateTable) -> v.CreateTable:
        if self.accept("ROW", "FORMAT"):
            table = self._row_format(table)
        if self.accept("STORED", "AS"):
            if self.accept("INPUTFORMAT"):
                table = replace(table, input_format=self.ddl_string())
                self.expect("OUTPUTFORMAT")
                table = replace(table, output_format=self.ddl_string())
            else:
                found = self.one_of(*_FORMATS)
                if not found:
                    self.fail(", ".join(_FORMATS))
                table = replace(table, stored_as=found.lower())
        if self.accept("WITH", "SERDEPROPERTIES"):
            table = replace(table, serde_properties=self.pairs())
        return table

    def _row_format(self, table: v.CreateTable) -> v.CreateTable:
        if self.accept("SERDE"):
            table = replace(table, serde=self.ddl_string())
            if self.accept("WITH", "SERDEPROPERTIES"):
                table = replace(table, serde_properties=self.pairs())
            return table
        self.expect("DELIMITED")
        found: list[tuple[str, str]] = []
        for word, name in _DELIMITERS:
            if self.accept(word):
                self.one_of("ITEMS", "KEYS")
                self.expect("TERMINATED", "BY")
                found.append((name, self.ddl_string()))
                if name == "fields" and self.accept("ESCAPED", "BY"):
                    found.append(("escape", self.ddl_string()))
        if self.accept("NULL", "DEFINED", "AS"):
            found.append(("null", self.ddl_string()))
        return replace(table, delimited=tuple(found))

    # --- CTAS and UNLOAD ---

    def _create_as(self, name: v.Name, if_not_exists: bool) -> v.Statement:
        properties: v.Properties = self.with_properties() if self.accept("WITH") else {}
        self.expect("AS")
        query = self.parenthesized_query() if self.at("(") else self.query()
        with_data = True
        if self.accept("WITH"):
            with_data = not self.accept("NO")
            self.expect("DATA")
        return v.CreateTableAs(name, query, properties, if_not_exists, with_data, self.parameters)

    def with_properties(self) -> v.Properties:
        """(name = value, ...), a value being a literal or an array of strings."""
        position = self.position
        found = self.parenthesized(self._property)
        if len({key for key, _ in found}) < len(found):
            raise AthenaError("DUPLICATE_PROPERTY", "Duplicate property", position)
        return dict(found)

    def _property(self) -> tuple[str, v.Literal | tuple[str, ...]]:
        name = self.ddl_word()
        self.expect("=")
        if self.accept("ARRAY", "["):
            items = () if self.at("]") else self.listed(self.string)
            self.expect("]")
            return name, items
        return name, self.literal()

    def literal(self) -> v.Literal:
        """A string, a number, TRUE or FALSE."""
        token = self.token
        if token.kind is Kind.STRING:
            return self.next().value
        if token.kind is Kind.INTEGER:
            return self.integer()
        if token.kind in (Kind.DECIMAL, Kind.DOUBLE):
            return float(self.next().value)
        if token.keyword in ("TRUE", "FALSE"):
            return self.next().keyword == "TRUE"
        raise self.unexpected("<literal>")
