"""The source that performs: lines of a script, each by its process, in a lab."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.dataclass import dataclass
from sockviz.lab.lab import Job, Lab
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.told_names import NAMING
from sockviz.language import _
from sockviz.lesson.link_statements import link_order
from sockviz.model.call import Stage
from sockviz.model.events import ActedByHand, Event, StatementBegun, StatementFinished
from sockviz.model.hosts import LINK, by_name
from sockviz.model.process import Process
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.jury import AGAIN
from sockviz.player.next import Do, Next
from sockviz.player.patience import STOPPED, Patience
from sockviz.player.pump import Pump
from sockviz.player.pumping import Pumping
from sockviz.player.refusals import CannotGoOn
from sockviz.player.rest import come_to_rest, is_asleep
from sockviz.player.waiting import not_done
from sockviz.words.kept_sentences import HAS_ENDED, NO_LINK, NOT_REACHED

#: So many processes are made before a line names them: an interpreter takes a while to start.
AHEAD = 2


@dataclass(frozen=True, slots=True)
class Processes:
    """Which processes a script has, as far as it is known before anything runs: their names in the order of their first lines;
    which are made by a fork; on which host each lives, where that is said; and which may do what needs privilege."""

    names: tuple[str, ...] = ()
    forked: frozenset[str] = frozenset()
    hosts: Mapping[str, str] = field(default_factory=dict)
    privileged: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, statements: Iterable[Statement], hosts: Mapping[str, str], privileged: Iterable[str]
    ) -> Processes:
        """Those that perform `statements`."""
        lines = list(statements)
        names = dict.fromkeys(line.process for line in lines if line.process != LINK)
        forked = frozenset(line.targets[0] for line in lines if line.forks)
        return cls(tuple(names), forked, hosts, frozenset(privileged))


class Performed:
    """A source (see `sockviz.player.source.Source`). What it is offered it performs, a line of one task each time that it is told
    to go on, and appends what comes of it to `timeline`. To be closed by `close`.

    With `patience` nobody is there who could end a wait: `go` then raises `sockviz.player.patience.Stuck`.
    """

    def __init__(
        self, lab: Lab, timeline: Timeline, counters: Iterable[str], processes: Processes, patience: Patience | None = None,
        *, traced: bool = False,
    ) -> None:  # fmt: skip
        self._lab = lab
        self._timeline = timeline
        self._processes = processes
        self._patience = patience
        self._watchers: list[Callable[[], None]] = []
        self._problem: str | None = None
        self._lines: dict[str, deque[Statement]] = {}
        # What each process was handed last, where that was several lines; each performs one line at a time.
        self._together: dict[str, Sequence[Statement]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._forked = set(processes.forked)
        self._to_be_made: set[str] = set()  # by a fork that was typed, and waits for its turn
        self._news = asyncio.Event()
        self._pump = Pump(lab, timeline, counters, self._appended, traced=traced)
        self._pumping = Pumping(self._pump, self._appended)
        self._to_start = [name for name in processes.names if name not in processes.forked]
        self._prepare()

    # --- Source ---------------------------------------------------------------------------------------------

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""
        return self._timeline

    @property
    def problem(self) -> str | None:
        """Why nothing more can be performed."""
        return self._problem or self._pump.problem

    @property
    def over(self) -> bool:
        """Not while its lab lives: a packet may come at any time."""
        return self.problem is not None

    @property
    def pending(self) -> Mapping[str, Next]:
        """The next line of each process that has one left, and of the link."""
        return {task: self._next_of(lines[0]) for task, lines in self._lines.items() if lines}

    async def go(self, task: str) -> None:
        """Performs the next line of `task`. See `Source.go`."""
        async with self._turns[task]:
            await self._go(self._lines[task][0])

    async def go_first(self, statement: Statement) -> None:
        """Performs a line that was not offered, before those of its process that were. Like `go`; cancelled while the process is
        in an earlier call, it is not performed at all."""
        if statement.forks:
            self._note_fork(statement)
            self._to_be_made.add(statement.targets[0])
        try:
            async with self._turns[statement.process]:
                lines = self._lines.setdefault(statement.process, deque())
                lines.appendleft(statement)
                try:
                    await self._go(statement)
                finally:
                    if lines and lines[0] is statement:
                        lines.popleft()
        finally:
            self._to_be_made.difference_update(statement.targets if statement.forks else ())
            self._news.set()

    async def _go(self, statement: Statement) -> None:
        try:
            await (self._order(statement) if statement.process == LINK else self._perform(statement))
        except LabRefused as refusal:
            raise CannotGoOn(self.problem or str(refusal)) from refusal

    def append(self, *events: Event) -> None:
        """Appends what its user has to say: a page turned, an expectation judged."""
        self._pump.append(*events)

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each batch."""
        self._watchers.append(changed)

    async def close(self) -> tuple[str, ...]:
        """Ends every process and the lab."""
        return await self._pumping.close(self._lab)

    # --- besides ----------------------------------------------------------------------------------------------

    def has(self, statement: Statement) -> bool:
        """Whether it is its process's by now: begun, or handed to it with the line before it."""
        return statement.line in self._timeline.world.lines or statement in self._together.get(
            statement.process, ()
        )

    def offer(self, statements: Iterable[Statement]) -> None:
        """Adds lines that may be performed now, each after those of its process that were offered before."""
        for statement in statements:
            self._note_fork(statement)
            self._lines.setdefault(statement.process, deque()).append(statement)

    def withdraw(self) -> None:
        """Takes back all that was offered and not performed."""
        self._lines.clear()

    def _note_fork(self, statement: Statement) -> None:
        if statement.forks:
            self._forked.add(statement.targets[0])

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Has the link do something by hand; see `sockviz.player.run.LessonRun.order`."""
        if self._lab.link is not None:
            self.append(ActedByHand(time.time(), verb, frame))
            try:
                await self._lab.link.order(verb, frame=frame)
            except LabRefused as refusal:
                raise CannotGoOn(str(refusal)) from refusal
            self._pump.nudge()

    async def come_to_rest(self) -> None:
        """Returns when nothing is under way any more. In `check` a line must have been performed by then, or it is `Stuck`."""
        try:
            for statements in list(self._together.values()) if self._patience is not None else ():
                await self._while(statements[-1], self._is_at_lines_before)
            await come_to_rest(self._lab, self._pump, self._timeline, self.hear)
        except LabRefused as refusal:
            raise CannotGoOn(self.problem or str(refusal)) from refusal

    async def hear(self, timeout: float | None) -> None:
        """Waits until something was appended, or for `timeout` seconds. Raises `LabRefused` where nothing will come."""
        if self.problem is not None:
            raise LabRefused(self.problem, 0)
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._news.wait()

    # --- performing -------------------------------------------------------------------------------------------------

    async def _perform(self, statement: Statement) -> None:
        process = statement.process
        while process in self._to_be_made and process not in self._timeline.world.processes:
            await self.hear(None)
        if process not in self._timeline.world.processes:
            if process in self._forked:
                self._problem = _("{process} was never made: the fork that would make it failed").format(
                    process=process
                )
                raise LabRefused(self._problem, 0)
            await self._start(process)
        await self._while(statement, self._is_at_another_line)
        statements = self._begin(statement)
        if not self._timeline.world.processes[process].alive:
            self._fail(statements, HAS_ENDED.format(process=process))
            return
        job, *then = [_job(each) for each in statements]
        try:
            await self._lab.perform(process, replace(job, then=then))
        except OSError as error:
            self._fail(statements, NOT_REACHED.format(process=process, error=error.strerror))
            return
        self._pump.nudge(process if then else None)
        await self._while(statement, self._under_way)

    async def _while(self, statement: Statement, condition: Callable[[Statement], bool]) -> None:
        while condition(statement):
            if self._patience is not None:
                self._patience.check(statement, self._timeline, self._are_asleep)
            await self.hear(AGAIN if self._patience else None)

    def _are_asleep(self) -> bool:
        """Whether all processes are that are not stopped, or nobody knows: who was woken and has had no CPU since is not."""
        going = (each for each in self._timeline.world.processes.values() if each.state not in STOPPED)
        return is_asleep(self._lab, going) is not False

    def _begin(self, statement: Statement) -> Sequence[Statement]:
        """Takes the line off those to be performed, and all that are performed together with it. Returns them."""
        lines = self._lines[statement.process]
        taken = [lines.popleft()]
        while lines and statement.at_once and lines[0].at_once == statement.at_once:
            taken.append(lines.popleft())
        process = self._timeline.world.processes.get(statement.process)
        if len(taken) > 1 and (process is None or process.alive):  # the link is none
            self._together[statement.process] = tuple(taken)
        begun = StatementBegun(time.time(), statement.process, statement.line, together=statement.as_well)
        self.append(begun)
        return taken

    async def _order(self, statement: Statement) -> None:
        """Lines for the wire."""
        first, *then = self._begin(statement)
        await self._order_one(first)
        for each in then:
            self.append(StatementBegun(time.time(), LINK, each.line, together=True))
            await self._order_one(each)
        await come_to_rest(self._lab, self._pump, self._timeline, self.hear)

    async def _order_one(self, statement: Statement) -> None:
        """A line for the wire: what waits for a packet has until the deadline of `check`, or for ever."""
        link = self._lab.link
        verb, pattern, seconds = link_order(statement)
        message = None
        if link is None:
            message = NO_LINK
        else:
            limit = self._patience.deadline if self._patience is not None else math.inf
            try:
                async with asyncio.timeout(limit if limit < math.inf else None):
                    await link.order(verb, pattern=pattern, seconds=seconds)
            except TimeoutError:
                message = not_done(statement, limit, self._timeline.world)
            except LabRefused as refusal:
                message = refusal.fact
        self._pump.nudge()
        error = None if message is None else "NoPacket"
        self.append(StatementFinished(time.time(), LINK, statement.line, error=error, message=message or ""))

    def _prepare(self) -> None:
        for process in self._to_start[:AHEAD]:
            privileged = process in self._processes.privileged
            self._lab.prepare(process, self._host_of(process), privileged=privileged)

    async def _start(self, process: str) -> None:
        host = self._host_of(process)
        if process in self._to_start:
            self._to_start.remove(process)
            self._prepare()
        try:
            begun = await self._lab.start(process, host, privileged=process in self._processes.privileged)
        except LabRefused as refusal:
            self._problem = _(
                "{process} could not be started: {refusal}; `sockviz doctor` tries what a process needs"
            ).format(process=process, refusal=refusal)
            raise
        self.append(begun)

    def _host_of(self, process: str) -> str:
        hosts = self._lab.facts.hosts
        if len(hosts) == 1:
            return hosts[0]
        return self._processes.hosts.get(process, by_name(process))

    def _fail(self, statements: Sequence[Statement], message: str) -> None:
        """None of them could be performed."""
        for number, statement in enumerate(statements):
            at, process, line = time.time(), statement.process, statement.line
            if number:
                self.append(StatementBegun(at, process, line, together=True))
            self.append(StatementFinished(at, process, line, error="ProcessEnded", message=message))

    def _next_of(self, statement: Statement) -> Next:
        """It is to be performed: once the call returns that its process is still in, from an earlier line."""
        process = self._timeline.world.processes.get(statement.process)
        earlier = process is not None and process.line not in (None, statement.line)
        call = process.current if process is not None and earlier else None
        return Next(Do.PERFORM if call is None else Do.WAIT, statement, call)

    def _is_at_another_line(self, statement: Statement) -> bool:
        """Whether the statement's process is still at an earlier line, be its call under way (asleep, say) or over; or at the one
        that made it."""
        process = self._timeline.world.processes.get(statement.process)
        if process is None or not process.alive:
            return False
        at_another = process.line not in (None, statement.line)
        at_fork = _is_at_its_fork(process, self._timeline.world)
        return at_another or at_fork or bool(self._to_come(statement.process))

    def _is_at_lines_before(self, statement: Statement) -> bool:
        """Whether the statement's process has been handed it, and has not come to it."""
        process = self._timeline.world.processes.get(statement.process)
        return process is not None and process.alive and statement.line not in self._timeline.world.lines

    def _to_come(self, process: str) -> Sequence[Statement]:
        """Of the lines that the process was handed together those that it has not come to."""
        begun = self._timeline.world.lines
        return [each for each in self._together.get(process, ()) if each.line not in begun]

    def _under_way(self, statement: Statement) -> bool:
        """Whether the line, or one that is performed together with it, has neither finished nor fallen asleep."""
        if self.problem is not None:
            return False
        process = self._timeline.world.processes[statement.process]
        if process.alive and statement.forks and process.line is None:
            return self._child_is_under_way(statement)
        together = (
            [each.line for each in self._together.get(statement.process, ())] if statement.at_once else []
        )
        if not process.alive or (
            process.line not in (statement.line, *together) and not self._to_come(statement.process)
        ):
            return False
        # A fork comes back by itself, whatever it was seen to sleep in.
        return process.current is None or process.current.stage is not Stage.ASLEEP or statement.forks

    def _child_is_under_way(self, statement: Statement) -> bool:
        """Whether the fork of that line succeeded and its child has yet to say that it is done with the line, too."""
        line = self._timeline.world.lines[statement.line]
        parent = self._timeline.world.processes[statement.process]
        call = parent.call(line.calls[-1]) if line.calls else None
        if call is None or call.stage is not Stage.RETURNED:
            return False
        child = self._timeline.world.processes.get(statement.targets[0])
        return child is None or (child.alive and _is_at_its_fork(child, self._timeline.world))

    # --- news -------------------------------------------------------------------------------------------------------------

    def _appended(self) -> None:
        for name in list(self._together):
            process = self._timeline.world.processes.get(name)
            if process is not None and not process.alive and (left := self._to_come(name)):
                first = left[0]
                del self._together[name]
                self.append(StatementBegun(time.time(), name, first.line, together=True))
                self._fail(left, HAS_ENDED.format(process=name))
        self._news.set()
        for changed in self._watchers:
            changed()


def _is_at_its_fork(it: Process, world: World) -> bool:
    """Whether it was forked, and has yet to say that it is done with that line: its own name is 0 to it then."""
    return it.parent is not None and it.name not in world.begun and it.names.get(it.name) != 0


def _job(statement: Statement) -> Job:
    """What its process is handed."""
    child = statement.targets[0] if statement.forks else None
    calls = [CALLS[key] for key in statement.calls]
    may = any(call.may_block for call in calls), any(call.name in NAMING for call in calls)
    return Job(statement.line, statement.value, statement.targets, statement.unpacks, child, *may)
