"""Runs statements as query executions: recorded, limited, kept, and stopped when somebody asks."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from uuid import uuid4

from lakehouse.query.access.viewer import Viewer
from lakehouse.query.executions.answers import Answer, Statements
from lakehouse.query.executions.journal import Journal
from lakehouse.query.executions.kept import Keeping, place_of
from lakehouse.query.executions.owners import Owner
from lakehouse.query.executions.parameters import written
from lakehouse.query.executions.pricing import kind_of
from lakehouse.query.executions.recording import KeptStream, Recording
from lakehouse.query.executions.records import Execution
from lakehouse.query.executions.reuse import earlier, question_of
from lakehouse.query.executions.slots import slot
from lakehouse.query.executions.table_files import KnownTables
from lakehouse.query.executions.watching import Watching
from lakehouse.query.planned import Plan
from lakehouse.query.rendering import Renderer
from lakehouse.query.results import Result
from lakehouse.workgroup_settings import WorkgroupSettings


@dataclass(frozen=True)
class Site:
    """Where executions are recorded and their results kept, and by whom."""

    folder: Path
    results: Path
    journal: Journal
    owner: Owner


@dataclass
class Running:
    """An execution whose answer is read once, in order, while it is kept.

    Without an answer, an earlier execution has answered it; without a stream, it has no rows.
    """

    recording: Recording
    answer: Answer | None = None
    stream: KeptStream | None = None

    @property
    def execution(self) -> Execution:
        """What is known of it so far."""
        return self.recording.execution

    def shown(self, *, as_text: bool) -> Result:
        """Its rows as they are shown: every value as its dialect's text, or as values."""
        if self.answer is None:
            place = place_of(self.execution)
            return place.printed() if as_text else place.result()
        if self.stream is None:
            return self.answer.result
        form = self.answer.printed if as_text else self.answer.readable
        stream = self.stream.form(as_text=as_text)
        return replace(self.answer.result, columns=form.columns, schema=form.schema, stream=stream)


class Runner:
    """Runs statements in one session, one after the other."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        workgroup: str,
        group: WorkgroupSettings,
        dialect: str,
        site: Site,
        *,
        database: str,
        renderer: Renderer,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._workgroup = workgroup
        self._group = group
        self._dialect = dialect
        self._site = site
        self._database = database
        self._renderer = renderer
        self._clock = clock
        self._known = KnownTables()
        self._watching = self._watch()
        self._statements: Statements | None = None
        self._stream: KeptStream | None = None

    @property
    def statements(self) -> Statements:
        """The session that statements run in."""
        if self._statements is None:
            raise RuntimeError("a runner needs a session")
        return self._statements

    def between(self) -> Statements:
        """The same, to ask it for names while no statement runs; nothing is recorded of that."""
        self.close()
        self._watching = Watching(self._workgroup, None, self._known)
        self.statements.see_as(None)
        return self.statements

    def use(self, statements: Statements) -> None:
        """Run statements in that session."""
        self._statements = statements

    def close(self) -> None:
        """End what is unread."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def planned(self, plan: Plan, loaded: frozenset[tuple[str, ...]]) -> None:
        """Take note of what the statement under way will scan. Raises ScanCutoffError."""
        outside = self.statements.outside(plan)
        self._watching.planned(plan, loaded, self.statements.session.catalog, outside)

    def submit(
        self, sql: str, parameters: Sequence[object] = (), viewer: Viewer | None = None
    ) -> Recording:
        """A new execution, which waits to be run. Raises QueryError for a parameter of no type."""
        execution = Execution(
            id=str(uuid4()),
            sql=sql,
            workgroup=self._workgroup,
            dialect=self._dialect,
            database=self._database,
            kind=kind_of(sql),
            submitted_at=self._clock(),
            parameters=tuple(map(written, parameters)),
            result_location=str(self._site.results),
            person=viewer.person.name if viewer else "",
            rules=viewer.scope.digest if viewer else "",
        )
        self._site.journal.submit(execution, self._site.owner.name)
        return Recording(
            execution,
            self._site.journal,
            self._clock,
            Event(),
            self._group.price_per_tb,
            viewer=viewer,
        )

    def run(
        self,
        recording: Recording,
        parameters: Sequence[object] = (),
        reuse: timedelta | None = None,
    ) -> Running:
        """Run an execution that was submitted; the one before it ends.

        `reuse` is how old a result may be that answers it too; without it as the workgroup says.

        Raises what the statement raises, CancelledError, and ScanCutoffError.
        """
        self.close()
        self._watching = self._watch()
        with ExitStack() as held:
            try:
                return self._begun(recording, parameters, reuse, held)
            except BaseException as e:
                told = recording.failed(e, self._watching)
                if told is e:
                    raise
                raise told from e

    def _begun(
        self,
        recording: Recording,
        parameters: Sequence[object],
        reuse: timedelta | None,
        held: ExitStack,
    ) -> Running:
        execution, statements = recording.execution, self.statements
        held.enter_context(recording.stoppable(statements.session.cancel))
        slots = (self._site.folder / "slots", self._workgroup, self._group.concurrency)
        held.enter_context(slot(*slots, recording.given_up))
        recording.started()
        statements.see_as(recording.viewer)
        repeatable = statements.repeatable(execution.sql)
        if repeatable:
            age = self._group.reuse if reuse is None else reuse
            found = earlier(execution, age, self._site.journal, statements, self._known)
            if found is not None:
                recording.answered_by(found)
                return Running(recording)
        answer = statements.run(execution.sql, parameters)
        if not answer.result.columns:
            recording.succeeded(answer.result.changed, self._watching, answer.views, kept=False)
            return Running(recording, answer)
        return self._streamed(recording, answer, held.pop_all(), repeatable=repeatable)

    def _streamed(
        self, recording: Recording, answer: Answer, held: ExitStack, *, repeatable: bool
    ) -> Running:
        watching = self._watching

        def ended(rows: int | None, error: BaseException | None) -> BaseException | None:
            held.close()
            if error is not None:
                return recording.failed(error, watching)
            again = repeatable and answer.repeatable and watching.repeatable
            question = question_of(recording.execution) if again else None
            recording.succeeded(rows, watching, answer.views, question, kept=True)
            return None

        try:
            stored = replace(
                answer.result, columns=answer.readable.columns, schema=answer.readable.schema
            )
            keeping = Keeping(self._site.results, recording.execution.id, stored)
        except BaseException:
            held.close()
            raise
        self._stream = KeptStream(answer, keeping, self._renderer, ended, recording.given_up)
        return Running(recording, answer, self._stream)

    def _watch(self) -> Watching:
        cutoff = self._group.scan_cutoff
        return Watching(self._workgroup, None if cutoff is None else int(cutoff), self._known)
