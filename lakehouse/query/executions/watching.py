"""What a statement was planned to scan, held against what its workgroup allows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier

from lakehouse.query.executions.errors import ScanCutoffError
from lakehouse.query.executions.records import TableRead
from lakehouse.query.executions.scans import tables_read
from lakehouse.query.executions.table_files import KnownTables
from lakehouse.query.planned import Plan

# Operators whose rows depend on nothing but the statement and the tables it scans.
_PURE = frozenset({
    "DUMMY_SCAN", "COLUMN_DATA_SCAN", "EMPTY_RESULT", "CTE_SCAN", "DELIM_SCAN", "REC_CTE_SCAN",
    "RANGE", "GENERATE_SERIES", "UNNEST", "RECURSIVE_CTE_SCAN", "EXPRESSION_SCAN",
})  # fmt: skip


@dataclass
class Watching:
    """What one execution reads. A statement may be several of the engine's: they add up."""

    workgroup: str
    cutoff: int | None
    known: KnownTables
    tables: dict[str, TableRead] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    complete: bool = True

    def planned(
        self,
        plan: Plan,
        loaded: frozenset[Identifier],
        catalog: Catalog | None,
        outside: Sequence[TableRead] = (),
    ) -> None:
        """Take note of a plan, and of what it reads `outside` of Iceberg tables.

        Raises ScanCutoffError when it asks for too much.
        """
        self.sources.update(plan.sources)
        self.complete = self.complete and plan.known and catalog is not None
        if catalog is not None:
            for read in (*tables_read(plan, loaded, catalog, self.known), *outside):
                before = self.tables.get(read.name)
                files, size = (before.files, before.bytes) if before else (0, 0)
                made = replace(read, files=read.files + files, bytes=read.bytes + size)
                self.tables[read.name] = made
        if self.cutoff is None or plan.wrong:
            return
        if not self.complete or self.bytes > self.cutoff:
            planned = self.bytes if self.complete else None
            raise ScanCutoffError(planned, self.cutoff, self.workgroup)

    @property
    def bytes(self) -> int:
        """Bytes of all scans."""
        return sum(table.bytes for table in self.tables.values())

    @property
    def files(self) -> int:
        """Files of all scans."""
        return sum(table.files for table in self.tables.values())

    @property
    def repeatable(self) -> bool:
        """Whether its rows depend on nothing but the state of its tables and views."""
        return self.complete and self.sources <= _PURE
