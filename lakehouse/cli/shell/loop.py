"""The loop of the shell: read, run, show, until Ctrl-D."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from lakehouse.cli import console
from lakehouse.cli.answers import counted, scanned
from lakehouse.cli.shell.commands import HELP, Command, read
from lakehouse.cli.shell.completion import SqlCompleter
from lakehouse.cli.shell.display import Display, page
from lakehouse.cli.shell.names import Names
from lakehouse.cli.shell.splitting import is_complete, split
from lakehouse.errors import LakehouseError, MachineError

if TYPE_CHECKING:
    from lakehouse.query.executions import Executions

PROMPT, MORE = "lakehouse> ", "      ...> "


class Shell:
    """Runs what is typed as query executions of one session."""

    def __init__(self, executions: "Executions", dialect: str, home: Path) -> None:
        import duckdb  # the engine runs by now

        self._executions = executions
        self._dialect = dialect
        self._names = Names(executions, duckdb.Error)
        self._display = Display()
        self._timing = True
        self._over = False
        self._session: PromptSession[str] = PromptSession(
            history=_history(home),
            completer=SqlCompleter(self._names),
            complete_while_typing=False,
            multiline=True,
            key_bindings=_keys(),
            # A line that is only folded continues without a prompt.
            prompt_continuation=lambda width, line, wraps: "" if wraps else MORE,
            enable_history_search=True,
        )

    def run(self) -> None:
        """Read and run until the end is asked for."""
        console.note("\\? lists commands, Ctrl-D ends; a statement ends with ;")
        while not self._over:
            try:
                self.obey(self._session.prompt(PROMPT))
            except KeyboardInterrupt:
                continue  # what was typed is dropped
            except EOFError:
                return

    def obey(self, text: str) -> None:
        """Run what was typed: a command, or statements one after the other up to an error."""
        if text.lstrip().startswith("\\"):
            self._guarded(lambda: self._command(read(text)))
            return
        statements, rest = split(text)
        for statement in [*statements, *([rest] if rest and not statements else [])]:
            if not self._guarded(lambda sql=statement: self._statement(sql)):  # type: ignore[misc]
                return

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Whether `work` went well; what went wrong is told, and the shell goes on."""
        try:
            work()
        except LakehouseError as e:
            console.complain(e)
        except OSError as e:
            where = f"{e.filename}: " if e.filename else ""
            hint = "check free space and permissions"
            console.complain(MachineError(f"{where}{e.strerror or e}", hint=hint))
        except KeyboardInterrupt:
            console.note("cancelled")
        else:
            return True
        return False

    def _statement(self, sql: str) -> None:
        started = time.monotonic()
        running = self._executions.run(sql)
        shape = self._display.shape()
        as_text = self._dialect == "athena" and shape.is_text
        result = running.shown(as_text=as_text)
        if result.columns:
            self._display.show(result)
        if running.execution.kind == "DDL":
            self._names.forget()
        summary = counted(result, self._display.output)
        took = f" in {time.monotonic() - started:.2f} s{scanned(running.execution)}"
        console.note(summary + (took if self._timing else ""))

    # --- commands

    def _command(self, command: Command) -> None:
        match command.name:
            case "\\q":
                self._over = True
            case "\\?":
                page("".join(f"  {name:<16} {what}\n" for name, what in HELP.items()))
            case "\\timing":
                self._timing = not self._timing
                console.note(f"timing is {'on' if self._timing else 'off'}")
            case "\\x":
                self._display.expanded = not self._display.expanded
                console.note(
                    f"rows are shown as {'lines' if self._display.expanded else 'a table'}"
                )
            case "\\o":
                self._display.output = Path(command.argument) if command.argument else None
                console.note(f"results go to {command.argument or 'the screen'}")
            case _:
                self._names.forget()
                self._list(command)

    def _list(self, command: Command) -> None:
        statements = self._executions.statements
        if command.name == "\\l":
            page(_lines(statements.databases()))
        elif command.name == "\\d" and command.argument:
            columns = statements.columns(command.argument)
            width = max((len(name) for name, _ in columns), default=0)
            page(_lines([f"{name:<{width}}  {kind}" for name, kind in columns]))
        else:
            of = [command.argument] if command.argument else statements.databases()
            page(_lines([f"{each}.{name}" for each in of for name in statements.tables(each)]))


def _lines(texts: list[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


def _keys() -> KeyBindings:
    """Enter ends what is complete, and begins a line of what is not."""
    keys = KeyBindings()

    @Condition
    def choosing() -> bool:
        from prompt_toolkit.application import get_app

        return get_app().current_buffer.complete_state is not None

    @keys.add("enter", filter=~choosing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    @keys.add("enter", filter=choosing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    return keys


def _history(home: Path) -> History:
    folder = home / "queries"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "shell_history").open("a"):
            pass
    except OSError:  # a home that can only be read
        return InMemoryHistory()
    return FileHistory(str(folder / "shell_history"))
