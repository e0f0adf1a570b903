"""The worker's side: answers one message after the other, until its owner is gone."""

import os
from queue import SimpleQueue
from shutil import rmtree
from socket import socket
from threading import Thread
from typing import Any, NoReturn

import duckdb
import pyarrow as pa

from lakehouse.errors import CatalogError, QueryError
from lakehouse.query.engine_types import to_json
from lakehouse.query.planned import to_json as to_json_plan
from lakehouse.query.worker.engine import Begun, Engine
from lakehouse.query.worker.frames import Frame, receive, send
from lakehouse.query.worker.messages import Admission, Files, Opening, Reached


def serve(descriptor: int) -> None:
    """Answer what arrives at the socket with that descriptor. Never returns."""
    connection = socket(fileno=descriptor)
    work = _Work()
    asked: SimpleQueue[Frame] = SimpleQueue()

    def listen() -> None:
        # A second thread hears "cancel" while the first one works; and the end of the owner.
        while frame := receive(connection):
            if frame.head["ask"] == "cancel":
                work.cancel()
            else:
                asked.put(frame)
        work.end()

    Thread(target=listen, daemon=True).start()
    while True:
        send(connection, work.answer(asked.get()))
        if work.broken:
            work.end()


class _Work:
    def __init__(self) -> None:
        self._engine: Engine | None = None
        self.broken = False

    def cancel(self) -> None:
        if self._engine is not None:
            self._engine.interrupt()

    def end(self) -> NoReturn:
        """End the process, whatever it is doing, and leave nothing behind."""
        if self._engine is not None:
            rmtree(self._engine.spill, ignore_errors=True)
        os._exit(0)

    def answer(self, frame: Frame) -> Frame:
        """What a message is answered with, errors included."""
        try:
            return self._done(frame.head, frame.body)
        except (QueryError, CatalogError) as e:
            told = {"error": type(e).__name__, "message": e.message, "hint": e.hint}
            return Frame(told)
        except duckdb.Error as e:
            self.broken = isinstance(e, duckdb.FatalException)  # nothing can follow it
            return Frame({"error": "duckdb", "kind": type(e).__name__, "message": str(e)})
        except MemoryError:
            message = "Out of Memory Error: the process of the statement may take no more"
            return Frame({"error": "duckdb", "kind": "OutOfMemoryException", "message": message})
        except (OSError, pa.ArrowException) as e:  # what a stream raises for the engine's errors
            return Frame({"error": "duckdb", "kind": "Error", "message": str(e)})

    def _done(self, head: dict[str, Any], body: bytes | memoryview) -> Frame:
        asked = head["ask"]
        fields = {key: value for key, value in head.items() if key != "ask"}
        if asked == "open":
            self._engine = Engine(Opening(**fields))
            return Frame({})
        engine = self._engine
        if engine is None:
            raise RuntimeError("a worker is opened before anything else is asked of it")
        if asked in ("plan", "run"):
            return _statement(engine, asked, fields, body)
        if asked == "next":
            batch, more = engine.next()
            return Frame({"more": more}, b"" if batch is None else _bytes(batch))
        return Frame(_prepared(engine, head, body))


def _statement(
    engine: Engine, asked: str, fields: dict[str, Any], body: bytes | memoryview
) -> Frame:
    values = pa.ipc.open_stream(body).read_all() if body else None
    statement = Admission(**fields, parameters=values)
    if asked == "plan":
        return Frame(to_json_plan(engine.plan(statement)))
    return _begun(engine.run(statement))


def _prepared(engine: Engine, head: dict[str, Any], body: bytes | memoryview) -> dict[str, Any]:
    """What is asked around statements, and its answer."""
    fields = {key: value for key, value in head.items() if key != "ask"}
    match head["ask"]:
        case "reach":
            engine.reach(Reached(**fields))
        case "hold":
            engine.hold(head["name"], pa.ipc.open_stream(body).read_all())
        case "files":
            return {"parts": engine.files(Files(**fields))}
        case "texts":
            return {"rows": engine.texts(head["sql"])}
    return {}


def _begun(begun: Begun) -> Frame:
    columns = [[name, to_json(kind)] for name, kind in begun.columns]
    head = {"columns": columns, "changed": begun.changed, "plan": begun.plan}
    return Frame(head, memoryview(_stream(begun.schema)))


def _bytes(batch: pa.RecordBatch) -> memoryview:
    return memoryview(_stream(batch.schema, batch))


def _stream(schema: pa.Schema, *batches: pa.RecordBatch) -> pa.Buffer:
    """Arrow's IPC stream: a batch's own serialization leaves out the values of an ENUM."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()
