"""What a worker is asked to do, before the first statement and for each one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import pyarrow as pa

from lakehouse.query.worker.frames import Frame


@dataclass(frozen=True)
class Opening:
    """How an engine is set up: its limits, and the folder for what does not fit in memory.

    Into that folder goes at most `spill_limit`: an amount, or in percent a share of what is free.
    """

    memory_limit: str
    threads: int
    spill: str
    spill_limit: str

    def frame(self) -> Frame:
        """The message that asks for it."""
        return Frame({"ask": "open", **asdict(self)})


@dataclass(frozen=True)
class Reached:
    """What statements reach: a catalog, and folders of files. Nothing else, from then on.

    `ready` names a function as `module:name` that adds to the connection what a dialect needs.
    """

    uri: str
    token: str = field(repr=False)
    warehouse: str
    namespace: str
    allowed: Sequence[str]
    write: bool
    ready: str = ""

    def frame(self) -> Frame:
        """The message that asks for it."""
        return Frame({"ask": "reach", **asdict(self)})


@dataclass(frozen=True)
class Files:
    """Files that statements read as `name`, for what the engine itself can't read.

    `kind` is lines or orc. Each file comes with the values of `keys`, as texts or None; a key is
    a column's name and Arrow's name of its type. Lines are decoded by `encoding`, the first `skip`
    of every file left out. The path of a row's file is the column `$path`.
    """

    name: str
    kind: str
    files: Sequence[tuple[str, Sequence[str | None]]]
    keys: Sequence[tuple[str, str]] = ()
    skip: int = 0
    encoding: str = "utf8"

    def frame(self) -> Frame:
        """The message that asks for it."""
        return Frame({"ask": "files", **asdict(self)})


@dataclass(frozen=True)
class Admission:
    """A statement to run: checked already, or to be admitted by the gate of DuckDB's dialect.

    What stands `before` and `after` a statement that writes is done with it in one transaction.
    `parameters` are the values of its question marks, columns of one row.
    """

    sql: str
    admitted: bool = False
    writes: bool = False
    explains: bool = False
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    parameters: pa.Table | None = None

    def frame(self, ask: str = "run") -> Frame:
        """The message that asks to run it, or to `plan` it."""
        fields = ("sql", "admitted", "writes", "explains", "before", "after")
        head = {"ask": ask, **{name: getattr(self, name) for name in fields}}
        return Frame(head) if self.parameters is None else Frame(head, to_bytes(self.parameters))


def to_bytes(rows: pa.Table) -> memoryview:
    """Rows as a stream of Arrow's, which keeps all their types."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return memoryview(sink.getvalue())
