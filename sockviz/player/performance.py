"""A lesson performed live: its lines one by one in a lab, its expectations judged, its questions answered by the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
from collections.abc import Callable, Mapping

from sockviz.calls.statement import Statement
from sockviz.lab.lab import Job, Lab
from sockviz.lab.supervisor import LabRefused
from sockviz.language import _
from sockviz.lesson.document import Expect, Expectation, Lesson, Page, Perform
from sockviz.lesson.link_statements import link_order
from sockviz.lesson.symbols import LINK
from sockviz.model.call import Call, Stage
from sockviz.model.events import (
    ExpectationJudged,
    LessonEnded,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.first_names import of_lab
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.player.jury import AGAIN, Jury
from sockviz.player.patience import Patience
from sockviz.player.pump import Pump
from sockviz.player.refusals import CannotGoOn
from sockviz.player.rest import come_to_rest
from sockviz.player.run import Do, Next, Source
from sockviz.player.watched import watched_counters

#: So many processes are made before the lesson names them: an interpreter takes a while to start.
AHEAD = 2


class Performance:
    """A live run (see `sockviz.player.run.Run`). Made by `perform`; to be closed by `close`."""

    def __init__(self, lesson: Lesson, lab: Lab, version: str = "", patience: Patience | None = None) -> None:
        header = Header(lesson.text, lesson.path, lab.facts, os.uname().release, time.time(), version)
        self._lesson = lesson
        self._lab = lab
        self._patience = patience
        self._timeline = Timeline(header)
        self._bindings = of_lab(lab.facts)
        self._watchers: list[Callable[[], None]] = []
        self._news = asyncio.Event()
        self._pump = Pump(lab, self._timeline, watched_counters(lesson, lab.counters), self._appended)
        self._pumping = asyncio.ensure_future(self._pump.run())
        self._pumping.add_done_callback(self._pump_ended)
        self._jury = Jury(
            self._timeline, self._bindings, lab.counters, self._hear, lambda: self.problem is not None
        )
        self._page = 0
        self._ops: list[Statement | Expectation] = []
        self._settled = True
        self._before: World | None = None  # the page's, at its first call
        self._advancing = False
        self._problem: str | None = None
        self._began: set[int] = set()
        self._forked = forked = {statement.targets[0] for statement in lesson.statements if statement.forks}
        named = dict.fromkeys(statement.process for statement in lesson.statements)
        self._to_start = [process for process in named if process != LINK and process not in forked]
        self._prepare()
        self._open(0)

    # --- Run ----------------------------------------------------------------------------------------------

    @property
    def lesson(self) -> Lesson:
        """The lesson performed."""
        return self._lesson

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""
        return self._timeline

    @property
    def source(self) -> Source:
        """Always LIVE."""
        return Source.LIVE

    @property
    def problem(self) -> str | None:
        """Why the run cannot go on."""
        return self._problem or self._pump.problem

    @property
    def next(self) -> Next:
        """What `advance` would do now."""
        if self._timeline.world.ended or self.problem is not None:
            return Next(Do.END)
        statement = next((op for op in self._ops if isinstance(op, Statement)), None)
        if statement is not None:
            call = self._waits_for(statement)
            if call is not None:
                return Next(Do.WAIT, statement, call)
            return Next(Do.BUSY if self._advancing else Do.PERFORM, statement)
        if self._advancing:
            return Next(Do.BUSY)
        return Next(Do.PERFORM if self._ops or not self._settled else Do.TURN)

    @property
    def has_link(self) -> bool:
        """Whether this lab has two hosts."""
        return self._lab.link is not None

    async def order(self, verb: str, frame: int | None = None) -> None:
        """By hand; see `Run.order`."""
        if self._lab.link is not None:
            try:
                await self._lab.link.order(verb, frame=frame)
            except LabRefused as refusal:
                raise CannotGoOn(str(refusal)) from refusal
            self._pump.nudge()

    def answer(self, line: int, choice: int | None) -> None:
        """Notes the reader's choice for the prediction at `line`."""
        self._pump.append(PredictionMade(time.time(), line, choice))

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each batch of events."""
        self._watchers.append(changed)

    async def advance(self) -> None:
        """Does the next thing. See `Run.advance`."""
        if self._advancing:
            return
        self._advancing = True
        try:
            await self._advance()
        except LabRefused as refusal:
            if self.problem is None:  # else the run is over, and says why
                raise CannotGoOn(str(refusal)) from refusal
        finally:
            self._advancing = False
            self._appended()

    async def close(self) -> tuple[str, ...]:
        """Ends every process and the lab."""
        self._pumping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pumping
        return await self._lab.close()

    # --- for check ----------------------------------------------------------------------------------------------

    @property
    def bindings(self) -> Mapping[str, Value]:
        """HOST, PORT … PORT5 of this lab."""
        return self._bindings

    @property
    def known_counters(self) -> frozenset[str]:
        """Every counter that this lab's kernel has."""
        return self._lab.counters

    # --- moving on --------------------------------------------------------------------------------------------------

    async def _advance(self) -> None:
        if self._timeline.world.ended or self.problem is not None:
            return
        if not self._ops and self._settled:
            if self._page + 1 == len(self._lesson.pages):
                await self._come_to_rest()
            self._turn()
            return
        await self._judge_what_stands_first()
        if self._ops:
            statement = self._ops[0]
            assert isinstance(statement, Statement)
            await self._perform(statement)
            await self._judge_what_stands_first()
        if not self._ops and not self._settled:
            await self._settle()

    def _open(self, number: int) -> None:
        page = self._lesson.pages[number]
        self._page = number
        self._ops = _ops(page)
        self._jury.opens(page)
        self._settled = not page.predictions
        # Where no line is performed, what holds when the page opens has held before.
        self._before = None if page.statements else self._timeline.world
        self._pump.append(PageOpened(time.time(), number))

    def _turn(self) -> None:
        if self._page + 1 < len(self._lesson.pages):
            self._open(self._page + 1)
        else:
            self._pump.append(LessonEnded(time.time()))

    async def _come_to_rest(self) -> None:
        await come_to_rest(self._lab, self._pump, self._timeline, self._hear)

    async def _perform(self, statement: Statement) -> None:
        if self._before is None:
            self._before = self._timeline.world
        process = statement.process
        if process == LINK:
            await self._order(statement)
            return
        if process not in self._timeline.world.processes:
            if process in self._forked:
                self._problem = _("{process} was never made: the fork that would make it failed").format(
                    process=process
                )
                raise LabRefused(self._problem, 0)
            await self._start(process)
        while self._is_at_another_line(
            statement
        ):  # its process sleeps in a call, or has yet to say what came of it
            if self._patience is not None:
                self._patience.check(statement, self._timeline)
            await self._hear(AGAIN if self._patience else None)
        self._ops.pop(0)
        self._began.add(statement.line)
        self._pump.append(StatementBegun(time.time(), process, statement.line))
        if not self._timeline.world.processes[process].alive:
            self._fail(statement, f"{process} has ended: no process can perform this line")
            return
        child = statement.targets[0] if statement.forks else None
        job = Job(statement.line, statement.value, statement.targets, statement.unpacks, child)
        try:
            await self._lab.perform(process, job)
        except OSError as error:
            self._fail(statement, f"{process} cannot be reached: {error.strerror}")
            return
        self._pump.nudge()
        while self._under_way(statement):
            if self._patience is not None:
                self._patience.check(statement, self._timeline)
            await self._hear(AGAIN if self._patience else None)

    async def _order(self, statement: Statement) -> None:
        """A line for the wire: what waits for a packet has until the deadline of `check`, or for ever."""
        self._ops.pop(0)
        self._pump.append(StatementBegun(time.time(), LINK, statement.line))
        link = self._lab.link
        verb, pattern, seconds = link_order(statement)
        message = None
        if link is None:
            message = "this lab has no link"
        else:
            limit = self._patience.deadline if self._patience is not None else math.inf
            try:
                async with asyncio.timeout(limit if limit < math.inf else None):
                    await link.order(verb, pattern=pattern, seconds=seconds)
            except TimeoutError:
                message = f"no packet that matches {pattern or 'anything'} came within {limit:.0f} s"
            except LabRefused as refusal:
                message = str(refusal)
        self._pump.nudge()
        error = None if message is None else "NoPacket"
        self._pump.append(
            StatementFinished(time.time(), LINK, statement.line, error=error, message=message or "")
        )
        await self._come_to_rest()

    def _prepare(self) -> None:
        for process in self._to_start[:AHEAD]:
            privileged = process in self._lesson.privileged
            self._lab.prepare(process, self._host_of(process), privileged=privileged)

    async def _start(self, process: str) -> None:
        host = self._host_of(process)
        if process in self._to_start:
            self._to_start.remove(process)
            self._prepare()
        try:
            begun = await self._lab.start(process, host, privileged=process in self._lesson.privileged)
        except LabRefused as refusal:
            self._problem = _(
                "{process} could not be started: {refusal}; `sockviz doctor` tries what a process needs"
            ).format(process=process, refusal=refusal)
            raise
        self._pump.append(begun)

    def _host_of(self, process: str) -> str:
        hosts = self._lab.facts.hosts
        if len(hosts) == 1:
            return hosts[0]
        return self._lesson.hosts.get(process, "server" if process.startswith("server") else "client")

    def _fail(self, statement: Statement, message: str) -> None:
        self._pump.append(
            StatementFinished(
                time.time(), statement.process, statement.line, error="ProcessEnded", message=message
            )
        )

    def _waits_for(self, statement: Statement) -> Call | None:
        """The call that the statement's process is still in, from an earlier line."""
        process = self._timeline.world.processes.get(statement.process)
        if process is None or process.line is None or process.line == statement.line:
            return None
        return process.current

    def _is_at_another_line(self, statement: Statement) -> bool:
        """Whether the statement's process is still at an earlier line, be its call under way or over."""
        process = self._timeline.world.processes.get(statement.process)
        return process is not None and process.alive and process.line not in (None, statement.line)

    def _under_way(self, statement: Statement) -> bool:
        """Whether the line has neither finished nor fallen asleep."""
        if self.problem is not None:
            return False
        process = self._timeline.world.processes[statement.process]
        if process.alive and statement.forks and process.line is None:
            return self._child_is_under_way(statement)
        if not process.alive or process.line != statement.line:
            return False
        return process.current is None or process.current.stage is not Stage.ASLEEP

    def _child_is_under_way(self, statement: Statement) -> bool:
        """Whether the fork of that line succeeded and its child has yet to say that it returned there too."""
        line = self._timeline.world.lines[statement.line]
        parent = self._timeline.world.processes[statement.process]
        call = parent.call(line.calls[-1]) if line.calls else None
        if call is None or call.stage is not Stage.RETURNED:
            return False
        child = self._timeline.world.processes.get(statement.targets[0])
        return child is None or (child.alive and not child.calls)

    async def _hear(self, timeout: float | None) -> None:
        """Waits until something was appended, or for `timeout` seconds."""
        if self.problem is not None:
            raise LabRefused(self.problem, 0)
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._news.wait()

    # --- judging ----------------------------------------------------------------------------------------------------------

    async def _judge_what_stands_first(self) -> None:
        while self._ops and isinstance(self._ops[0], Expectation):
            if self._before is None:
                self._before = self._timeline.world
            expectation = self._ops[0]
            judged = await self._jury.judge(expectation, self._before)
            self._ops.pop(0)
            self._pump.append(
                ExpectationJudged(
                    time.time(), expectation.line, expectation.source, judged.ok, judged.verdict.actual,
                    judged.proves_nothing,
                )
            )  # fmt: skip

    async def _settle(self) -> None:
        for prediction in self._lesson.pages[self._page].predictions:
            verdict = await self._jury.answer_to(prediction)
            self._pump.append(
                PredictionSettled(time.time(), prediction.line, verdict.text, verdict.reason or "")
            )
        self._settled = True

    # --- news ------------------------------------------------------------------------------------------------------------------

    def _appended(self) -> None:
        self._news.set()
        for watcher in self._watchers:
            watcher()

    def _pump_ended(self, task: asyncio.Future[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._problem = _("sockviz failed while it watched the lab ({error})").format(
                error=f"{type(error).__name__}: {error}"
            )
        self._appended()


def _ops(page: Page) -> list[Statement | Expectation]:
    ops: list[Statement | Expectation] = []
    for block in page.blocks:
        if isinstance(block, Perform):
            ops += block.statements
        elif isinstance(block, Expect):
            ops += block.expectations
    return ops
