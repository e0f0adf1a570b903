"""Where each statement that writes goes: to the engine, or to the catalog."""

from collections.abc import Callable, Sequence

from pyiceberg.catalog import Catalog

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.external.changes import ExternalChanges
from lakehouse.athena.external.places import Places
from lakehouse.athena.listings import found_table
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import translate_query
from lakehouse.athena.writing.creation import created_from
from lakehouse.athena.writing.merges import MergeChange, merge, refuse_twice
from lakehouse.athena.writing.rows import RowChange, RowChanges
from lakehouse.athena.writing.tables import CatalogChanges
from lakehouse.athena.writing.unload import query, refuse_used, unload, unloading
from lakehouse.athena.writing.upkeep import Upkeep
from lakehouse.athena.writing.views import Views
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.query.results import Result
from lakehouse.query.session import Session
from lakehouse.query.worker import Admission

_ALTERS = (
    v.AddColumns, v.ReplaceColumns, v.ChangeColumn, v.DropColumn, v.SetProperties,
    v.UnsetProperties, v.AddPartitions, v.DropPartitions, v.RenamePartition, v.SetLocation,
)  # fmt: skip
_TRIES = 5  # of a statement that another writer came before
_CONFLICT = "ICEBERG_COMMIT_ERROR"


class WriteRouter:
    """Runs statements that write; each is committed whole or not at all."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that statements write to
        self,
        session: Session,
        catalog: Catalog,
        schema: Schema,
        views: Views,
        told: Callable[[Exception], LakehouseError],
        files: ExternalChanges | None,
        settings: Settings,
        named: Callable[[v.Name], tuple[str, str]],
    ) -> None:
        self._named = named
        self._places = Places.of(settings)
        self._session = session
        self._changes = CatalogChanges(catalog, named)
        self._schema = schema
        self._views = views
        self._told = told
        self._external = files
        self._upkeep = Upkeep(settings, catalog, session.hold, self._numbers)

    def run(self, statement: v.Statement, parameters: Sequence[object]) -> Result:
        """What the statement did. Raises AthenaError, and CatalogError."""
        if isinstance(statement, v.CreateTableAs):
            return self._create_as(statement, parameters)
        if isinstance(statement, v.Unload):
            return self._unload(statement, parameters)
        rows = RowChanges(self._schema, parameters)
        if isinstance(statement, v.Insert):
            return self._change(rows.insert(statement))
        if isinstance(statement, v.Delete):
            return self._change(rows.delete(statement))
        if isinstance(statement, v.Update):
            return self._change(rows.update(statement))
        if isinstance(statement, v.Merge):
            return self._merge(merge(rows, statement))
        self._define(statement)
        return Result.nothing()

    def _define(self, statement: v.Statement) -> None:
        if isinstance(statement, v.CreateTable) and statement.external:
            self._files("CREATE EXTERNAL TABLE").create(self._named(statement.name), statement)
        elif isinstance(statement, v.CreateTable):
            self._changes.create_table(statement)
        elif isinstance(statement, v.DropTable):
            self._drop_table(statement)
        elif isinstance(statement, v.CreateDatabase):
            self._changes.create_database(statement)
        elif isinstance(statement, v.DropDatabase):
            self._drop_database(statement)
        elif isinstance(statement, v.CreateView):
            self._views.create(self._named(statement.name), statement, self._schema)
        elif isinstance(statement, v.DropView):
            self._views.drop(self._named(statement.name), if_exists=statement.if_exists)
        elif isinstance(statement, _ALTERS):
            self._alter(self._named(statement.table), statement)
        else:
            self._keep_up(statement)

    def _keep_up(self, statement: v.Statement) -> None:
        if isinstance(statement, v.Optimize):
            name = self._named(statement.table)
            self._upkeep.optimize(name, self._iceberg(statement.table, "OPTIMIZE"), statement)
        elif isinstance(statement, v.Vacuum):
            self._iceberg(statement.table, "VACUUM")
            self._upkeep.vacuum(self._named(statement.table))
        elif isinstance(statement, v.MsckRepair):
            self._repair(self._named(statement.table))
        else:
            raise not_supported(type(statement).__name__.upper())

    def _drop_table(self, statement: v.DropTable) -> None:
        if self._views.find(*self._named(statement.name)):
            name = ".".join(statement.name)
            hint = f"DROP VIEW {name} drops it"
            raise AthenaError("TABLE_NOT_FOUND", f"'{name}' is a view, not a table", hint=hint)
        if self._is_external(self._named(statement.name)):
            self._files("DROP TABLE").drop(self._named(statement.name))
        else:
            self._changes.drop_table(statement)

    def _drop_database(self, statement: v.DropDatabase) -> None:
        if statement.cascade:
            for name in self._views.names(statement.name):
                self._views.drop((statement.name, name), if_exists=True)
            for name in self._external.tables.names(statement.name) if self._external else ():
                self._files("DROP DATABASE").drop((statement.name, name))
        self._changes.drop_database(statement)

    def _alter(self, identifier: tuple[str, str], statement: v.Statement) -> None:
        if self._is_external(identifier):
            self._files("ALTER TABLE").alter(identifier, statement)
        else:
            self._changes.alter(statement)

    def _repair(self, identifier: tuple[str, str]) -> None:
        if not self._is_external(identifier) and self._schema.table(identifier):
            hint = "the partitions of an Iceberg table are its own"
            message = f"MSCK REPAIR TABLE of '{'.'.join(identifier)}', which is not external,"
            raise AthenaError("NOT_SUPPORTED", f"{message} is not supported", hint=hint)
        self._files("MSCK REPAIR TABLE").repair(identifier)

    def _is_external(self, identifier: tuple[str, str]) -> bool:
        return self._external is not None and self._external.tables.find(*identifier) is not None

    def _files(self, what: str) -> ExternalChanges:
        if self._external is None:
            raise not_supported(f"{what} in a catalog that keeps no external tables (REST)")
        return self._external

    def _create_as(self, statement: v.CreateTableAs, parameters: Sequence[object]) -> Result:
        existing = self._schema.table(statement.name)
        if existing is not None:
            if statement.if_not_exists:
                return Result.nothing()
            message = f"Table '{'.'.join(self._named(statement.name))}' already exists"
            raise AthenaError("TABLE_ALREADY_EXISTS", message)
        return self._written(
            created_from(self._named(statement.name), statement, self._schema, parameters)
        )

    def _unload(self, statement: v.Unload, parameters: Sequence[object]) -> Result:
        folder = self._places.folder(statement.location)
        made = translate_query(statement.query, self._schema, parameters)
        asked = unloading(statement, made)
        refuse_used(folder)
        result = self._session.answer(_reads(query(made)), self._told)
        return Result.nothing(changed=unload(result.stream, asked, folder))

    def _change(self, change: RowChange) -> Result:
        if change.probe and not self._any(change.probe):
            return Result.nothing(changed=0)
        return self._written(change.sql)

    def _iceberg(self, name: v.Name, what: str) -> TableColumns:
        columns = found_table(self._schema, name)
        if not columns.writable:
            raise not_supported(f"{what} of {'.'.join(name)}, which is {columns.what},")
        return columns

    def _numbers(self, sql: str) -> list[int]:
        pages = self._session.answer(_reads(sql), self._told).pages()
        return [number for page in pages for number in page.column(0).to_pylist()]

    def _merge(self, change: MergeChange) -> Result:
        if not self._any(change.probe):
            return Result.nothing(changed=0)
        refuse_twice(change, self._any)
        if change.deletes and self._any(change.deletes):
            return self._written(change.sql, change.before, change.after)
        return self._written(change.alone) if change.alone else Result.nothing(changed=0)

    def _any(self, sql: str) -> bool:
        return any(page.num_rows for page in self._session.answer(_reads(sql), self._told).pages())

    def _written(
        self, sql: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()
    ) -> Result:
        asked = Admission(sql, True, writes=True, before=before, after=after)
        for _ in range(_TRIES - 1):
            try:
                return self._session.answer(asked, self._told)
            except AthenaError as e:
                if e.code != _CONFLICT:
                    raise
        return self._session.answer(asked, self._told)


def _reads(sql: str) -> Admission:
    return Admission(sql, admitted=True)
