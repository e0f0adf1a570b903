"""Which statement it is, by its first words, and the small ones whole."""

from collections.abc import Callable

from lakehouse.athena.depth import deeply
from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.changes import ChangeParser
from lakehouse.athena.syntax.tokens import Kind

_QUERY = ("SELECT", "WITH", "VALUES", "TABLE")


class StatementParser(ChangeParser):
    """Reads any statement."""

    def statement(self) -> v.Statement:
        """Read one statement."""
        word = self.token.keyword
        if word in _QUERY or self.at("("):
            start = self.token.offset
            query = self.query()
            return v.Select(query, self.text[start : self.token.offset].strip(), self.parameters)
        reader = _READERS.get(word)
        if reader is None:
            self.fail("a statement")
        return reader(self)

    def end(self) -> None:
        """Read the end of the text, with at most one semicolon before it."""
        self.accept(";")
        if self.token.kind is not Kind.END:
            self.fail("<EOF>")

    def _text_since(self, offset: int) -> str:
        return self.text[offset : self.token.offset].strip().removesuffix(";").strip()

    def _create(self) -> v.Statement:
        self.expect("CREATE")
        if self.accept("EXTERNAL", "TABLE"):
            return self.create_table(external=True)
        if self.accept("TABLE"):
            return self.create_table(external=False)
        replaced = self.accept("OR", "REPLACE")
        if self.accept("VIEW"):
            name = tuple(part.key for part in self.name())
            self.expect("AS")
            start = self.token.offset
            query = self.query()
            if self.parameters:
                message = "A view cannot have parameters"
                raise AthenaError("INVALID_PARAMETER_USAGE", message, self.position)
            return v.CreateView(name, replaced, query, self._text_since(start))
        if not replaced and self.one_of("DATABASE", "SCHEMA"):
            return self._create_database()
        raise not_supported(f"CREATE {self.token.text.upper()}", self.position)

    def _create_database(self) -> v.Statement:
        if_not_exists = self.accept("IF", "NOT", "EXISTS")
        name = self.ddl_word()
        comment = self.string() if self.accept("COMMENT") else None
        location = self.string() if self.accept("LOCATION") else None
        properties = self.pairs() if self.accept("WITH", "DBPROPERTIES") else ()
        return v.CreateDatabase(name, if_not_exists, comment, location, properties)

    def _drop_object(self) -> v.Statement:
        self.expect("DROP")
        kind = self.one_of("TABLE", "VIEW", "DATABASE", "SCHEMA")
        if not kind:
            raise not_supported(f"DROP {self.token.text.upper()}", self.position)
        if_exists = self.accept("IF", "EXISTS")
        if kind in ("DATABASE", "SCHEMA"):
            name = self.ddl_word()
            return v.DropDatabase(name, if_exists, self.one_of("RESTRICT", "CASCADE") == "CASCADE")
        made = self.ddl_name()
        return v.DropTable(made, if_exists) if kind == "TABLE" else v.DropView(made, if_exists)

    def _describe(self) -> v.Statement:
        self.next()
        if self.at("INPUT") or self.at("OUTPUT"):
            raise not_supported(f"DESCRIBE {self.token.keyword}", self.position)
        if self.accept("VIEW"):
            return v.Describe(self.ddl_name(), view=True)
        detail = self.one_of("EXTENDED", "FORMATTED").lower()
        table = self.ddl_name()
        partition = self.partition_spec() if self.at("PARTITION") else ()
        ends = self.token.kind is Kind.END or self.at(";")
        return v.Describe(table, detail, partition, None if ends else self.ddl_word())

    # --- SHOW ---

    def _show(self) -> v.Statement:
        self.expect("SHOW")
        if self.one_of("DATABASES", "SCHEMAS"):
            return v.Show("databases", (), self._pattern())
        if self.accept("TBLPROPERTIES"):
            table = self.ddl_name()
            key = self.parenthesized(self.string)[0] if self.at("(") else None
            return v.ShowProperties(table, key)
        if self.accept("CREATE"):
            kind = self.one_of("TABLE", "VIEW")
            if not kind:
                self.fail("'TABLE', 'VIEW'")
            return v.Show(f"create {kind.lower()}", self.ddl_name())
        if self.accept("PARTITIONS"):
            return v.Show("partitions", self.ddl_name())
        if self.accept("COLUMNS"):
            return self._show_columns()
        for word in ("TABLES", "VIEWS"):
            if self.accept(word):
                of = (self.ddl_word(),) if self.one_of("IN", "FROM") else ()
                return v.Show(word.lower(), of, self._pattern())
        raise not_supported(f"SHOW {self.token.text.upper()}", self.position)

    def _show_columns(self) -> v.Statement:
        if not self.one_of("IN", "FROM"):
            self.fail("'IN', 'FROM'")
        table = self.ddl_name()
        if self.one_of("IN", "FROM"):
            if len(table) > 1:
                self.fail("<EOF>")
            table = (self.ddl_word(), *table)
        return v.Show("columns", table)

    def _pattern(self) -> str | None:
        if self.accept("LIKE") or self.token.kind is Kind.STRING:
            return self.string()
        return None

    # --- upkeep ---

    def _msck(self) -> v.Statement:
        self.expect("MSCK", "REPAIR", "TABLE")
        return v.MsckRepair(self.ddl_name())

    def _optimize(self) -> v.Statement:
        self.expect("OPTIMIZE")
        table = self.ddl_name()
        self.expect("REWRITE", "DATA", "USING", "BIN_PACK")
        if not self.accept("WHERE"):
            return v.Optimize(table, None)
        start = self.token.offset
        condition = self.expression()
        return v.Optimize(table, condition, self._text_since(start))

    def _vacuum(self) -> v.Statement:
        self.expect("VACUUM")
        return v.Vacuum(self.ddl_name())

    def _unload(self) -> v.Statement:
        self.expect("UNLOAD", "(")
        start = self.token.offset
        query = self.query()
        text = self._text_since(start)
        self.expect(")")
        self.expect("TO")
        location = self.string()
        self.expect("WITH")
        return v.Unload(query, text, location, self.with_properties(), self.parameters)

    # --- EXPLAIN and prepared statements ---

    def _explain(self) -> v.Statement:
        self.expect("EXPLAIN")
        analyze = self.accept("ANALYZE")
        options: tuple[tuple[str, str], ...] = ()
        if self.at("(") and self.ahead().keyword in ("TYPE", "FORMAT"):
            options = self.parenthesized(self._explain_option)
        return v.Explain(self.statement(), analyze, options)

    def _explain_option(self) -> tuple[str, str]:
        name = self.one_of("TYPE", "FORMAT")
        allowed = {
            "TYPE": ("LOGICAL", "DISTRIBUTED", "VALIDATE", "IO"),
            "FORMAT": ("TEXT", "GRAPHVIZ", "JSON"),
        }.get(name, ())
        found = self.one_of(*allowed)
        if not found:
            self.fail(", ".join(allowed) or "'TYPE', 'FORMAT'")
        return name.lower(), found.lower()

    def _use(self) -> v.Statement:
        hint = "`lakehouse sql --database NAME`, or query.database in lakehouse.toml, chooses it"
        raise AthenaError("NOT_SUPPORTED", "USE is not supported", self.position, hint=hint)

    def _prepare(self) -> v.Statement:
        self.expect("PREPARE")
        name = self.identifier().key
        self.expect("FROM")
        start = self.token.offset
        statement = self.statement()
        return v.Prepare(name, statement, self._text_since(start))

    def _execute(self) -> v.Statement:
        self.expect("EXECUTE")
        immediate = self.string() if self.accept("IMMEDIATE") else None
        name = "" if immediate is not None else self.identifier().key
        values = self.listed(self.expression) if self.accept("USING") else ()
        return v.Execute(name, values, immediate)

    def _deallocate(self) -> v.Statement:
        self.expect("DEALLOCATE", "PREPARE")
        return v.Deallocate(self.identifier().key)


_READERS: dict[str, Callable[[StatementParser], v.Statement]] = {
    "CREATE": StatementParser._create,
    "DROP": StatementParser._drop_object,
    "ALTER": StatementParser.alter,
    "INSERT": StatementParser.insert,
    "UPDATE": StatementParser.update,
    "DELETE": StatementParser.delete,
    "MERGE": StatementParser.merge,
    "DESCRIBE": StatementParser._describe,
    "DESC": StatementParser._describe,
    "SHOW": StatementParser._show,
    "MSCK": StatementParser._msck,
    "OPTIMIZE": StatementParser._optimize,
    "VACUUM": StatementParser._vacuum,
    "UNLOAD": StatementParser._unload,
    "EXPLAIN": StatementParser._explain,
    "USE": StatementParser._use,
    "PREPARE": StatementParser._prepare,
    "EXECUTE": StatementParser._execute,
    "DEALLOCATE": StatementParser._deallocate,
}


def parse_statement(text: str) -> v.Statement:
    """The one statement a text holds, with at most one semicolon behind it.

    Raises AthenaError SYNTAX_ERROR where Athena's grammar has no rule, NOT_SUPPORTED where it has
    one that is not answered here, STACK_OVERFLOW where it nests too deeply.
    """
    return deeply(lambda: _parsed(text))


def _parsed(text: str) -> v.Statement:
    parser = StatementParser(text)
    statement = parser.statement()
    parser.end()
    return statement
