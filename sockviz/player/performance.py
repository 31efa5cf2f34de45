"""A lesson performed live: its pages opened one by one, its lines performed, its expectations judged, its questions answered."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from sockviz.calls.statement import Statement
from sockviz.lab.lab import Lab
from sockviz.lab.supervisor import LabRefused
from sockviz.language import _
from sockviz.lesson.document import (
    Expect,
    Expectation,
    Expression,
    Launch,
    Lesson,
    Page,
    Perform,
    Predict,
    SendSignal,
)
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.events import (
    ExpectationJudged,
    LessonEnded,
    LineTyped,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    VotesCounted,
)
from sockviz.model.first_names import of_lab
from sockviz.model.found import Finding, Found
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.player.additions import Additions
from sockviz.player.jury import Jury
from sockviz.player.next import Do, Next
from sockviz.player.patience import Patience
from sockviz.player.performed import Performed, Processes
from sockviz.player.refusals import CannotGoOn
from sockviz.player.run import Provenance
from sockviz.player.watched import watched_counters
from sockviz.words.found import in_english

if TYPE_CHECKING:
    from sockviz.player.holding import HeldPrograms

#: Signals that the kernel may end a process by for what a line of it does; and what a line sends any with.
OF_ITS_OWN, KILLS = ("SIGPIPE", "SIGALRM", "SIGXCPU", "SIGXFSZ", "SIGIO", "SIGSYS"), "os.kill"

#: What a page has to be done, in its order.
_ToDo: TypeAlias = Statement | Expectation | Launch | SendSignal


class Performance:
    """A lesson performed live (see `sockviz.player.run.LessonRun`), its lines by a `Performed`. To be closed by `close`."""

    def __init__(self, lesson: Lesson, lab: Lab, version: str = "", patience: Patience | None = None) -> None:
        header = Header(lesson, lab.facts, os.uname().release, time.time(), version)
        self._lab = lab
        self._timeline = Timeline(header)
        self._bindings = of_lab(lab.facts)
        self._watchers: list[Callable[[], None]] = []
        processes = Processes.of(lesson.statements, lesson.hosts, lesson.privileged)
        counters = watched_counters(lesson, lab.counters)
        self._performed = self._source(counters, processes, patience)
        self._performed.watch(self._appended)
        #: What is typed at it.
        self.additions = Additions(lesson, self._timeline, self._performed, self._appended)
        self._jury = Jury(
            self._timeline,
            self._bindings,
            lab.counters,
            self._performed.hear,
            self._is_over,
            self._clock(),
        )
        #: By line, so many seconds of its time limit an expectation has taken.
        self.took: dict[int, float] = {}
        self._page = 0
        self._to_do: list[_ToDo] = []
        self._settled = True
        self._before: World | None = None  # the page's, at its first call
        self._advancing = False
        self._open(0)

    @property
    def _killed(self) -> str | None:
        """Which of its processes somebody else has ended: what the lesson is about can no longer come about."""
        world = self._timeline.world
        for process in world.processes.values():
            if process.alive or not _is_from_outside(process.status) or is_of_a_program(process, world):
                continue  # a program of the user's own ends as it likes
            if not self._sends_signals:
                told = _("{process} was killed by {signal}, and no line has done that")
                return told.format(process=process.name, signal=process.status)
        return None

    @property
    def _sends_signals(self) -> bool:
        return any(KILLS in statement.calls for statement in self.script.statements)

    def _source(self, counters: set[str], processes: Processes, patience: Patience | None) -> Performed:
        """What makes the calls."""
        return Performed(self._lab, self._timeline, counters, processes, patience)

    def _is_over(self, _expression: Expression) -> bool:
        """Whether an expression's value can become no other than it is."""
        return self.problem is not None

    def _clock(self) -> Callable[[], float]:
        """What the time limits of expectations are told by."""
        return time.monotonic

    async def _can_be_judged(self) -> None:
        """Returns when an expectation can be: at once, where nobody goes on by himself."""

    async def _act(self, act: Launch | SendSignal) -> None:
        """Does something with a student's program: of a lesson there is none (`sockviz.player.practice`)."""

    # --- the run ----------------------------------------------------------------------------------------------

    @property
    def script(self) -> Lesson:
        """The lesson performed, with what was typed at it."""
        return self.additions.lesson

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""
        return self._timeline

    @property
    def provenance(self) -> Provenance:
        """Always LIVE."""
        return Provenance.LIVE

    @property
    def problem(self) -> str | None:
        """Why the run cannot go on."""
        return self._performed.problem or self._killed

    @property
    def next(self) -> Next:
        """What `advance` would do now."""
        if self._timeline.world.ended or self.problem is not None:
            return Next(Do.END)
        left = self._left()
        statement = next((each for each in left if not isinstance(each, Expectation)), None)
        if isinstance(statement, Statement):
            pending = self._performed.pending[statement.process]
            return Next(Do.BUSY, statement) if self._advancing and pending.do is not Do.WAIT else pending
        if self._advancing:
            return Next(Do.BUSY)
        return Next(Do.PERFORM if left or not self._settled else Do.TURN)

    @property
    def beside(self) -> HeldPrograms | None:
        """The programs of the user's own that run beside its lines, where there are any (`sockviz.player.beside`)."""
        return None

    @property
    def has_link(self) -> bool:
        """Whether this lab has two hosts."""
        return self._lab.link is not None

    async def order(self, verb: str, frame: int | None = None) -> None:
        """By hand; see `LessonRun.order`."""
        await self._performed.order(verb, frame)

    def answer(self, line: int, choice: int | None) -> None:
        """Notes the reader's choice for the prediction at `line`."""
        self._performed.append(PredictionMade(time.time(), line, choice))

    def vote(self, line: int, counts: Sequence[int]) -> None:
        """Notes a room's votes on the prediction at `line`."""
        self._performed.append(VotesCounted(time.time(), line, tuple(counts)))

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each batch of events."""
        self._watchers.append(changed)

    async def advance(self) -> None:
        """Does the next thing. See `LessonRun.advance`."""
        if self._advancing:
            return
        self._advancing = True
        try:
            await self._advance()
        except (LabRefused, CannotGoOn) as refusal:
            if self.problem is None:  # else the run is over, and says why
                raise CannotGoOn(str(refusal)) from refusal
        finally:
            self._advancing = False
            self._appended()

    def end(self) -> None:
        """Nothing more will be asked of it: where all of its script was performed, as that of a sandbox is, it has ended."""
        is_at_the_end = self._page + 1 == len(self.script.pages) and not self._left() and self._settled
        if is_at_the_end and self.problem is None and not self._timeline.world.ended:
            self._turn()

    async def close(self) -> tuple[str, ...]:
        """Ends every process and the lab."""
        self.additions.close()
        return await self._performed.close()

    # --- off the script -----------------------------------------------------------------------------------------

    def reads_otherwise(self, edited: Sequence[LineTyped]) -> None:
        """Before any line was performed: these read otherwise. From where their page opens on the run is off its script. Raises
        `BadLine`, and nothing has changed then."""
        self.additions.edit(edited)
        first = self.script.pages[self._page]
        self._to_do = _in_order(first)
        self._performed.withdraw()
        self._performed.offer(first.statements)
        self._performed.append(*self.additions.edited_on(self._page))

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
        if not self._left() and self._settled:
            if self._page + 1 == len(self.script.pages):
                await self._performed.come_to_rest()
            self._turn()
            return
        if not await self._judge_what_stands_first():
            return
        if left := self._left():
            first = left[0]
            if self._before is None:
                self._before = self._timeline.world
            if isinstance(first, Launch | SendSignal):
                self._to_do.pop(0)
                await self._act(first)
            else:
                assert isinstance(first, Statement)
                await self._performed.go(first.process)
            await self._judge_what_stands_first()
            await self._go_on_at_once()
        if not self._left() and not self._settled:
            await self._settle()

    async def _go_on_at_once(self) -> None:
        """Performs what other processes have to do with no stop after the last line."""
        while self.problem is None and (left := self._left()):
            following = left[0]
            if not isinstance(following, Statement) or not following.as_well:
                return
            await self._performed.go(following.process)
            await self._judge_what_stands_first()

    def _left(self) -> list[_ToDo]:
        """What of the page is still to do: a line that was handed over is not, whatever became of whoever waited for it."""
        while self._to_do and isinstance(self._to_do[0], Statement) and self._performed.has(self._to_do[0]):
            self._to_do.pop(0)
        return self._to_do

    def _open(self, number: int) -> None:
        page = self.script.pages[number]
        self._page = number
        self._to_do = _in_order(page)
        self._performed.offer(page.statements)
        self._jury.opens(page)
        self._settled = not page.predictions
        # Where no line is performed, what holds when the page opens has held before.
        self._before = None if page.statements else self._timeline.world
        self._performed.append(
            PageOpened(time.time(), number),
            *self.additions.edited_on(number),
        )

    def _turn(self) -> None:
        if self._page + 1 < len(self.script.pages):
            self._open(self._page + 1)
        else:
            self._performed.append(LessonEnded(time.time()))

    # --- judging ----------------------------------------------------------------------------------------------------------

    async def _judge_what_stands_first(self) -> bool:
        """False where the run can go on no more, and what is expected cannot come about."""
        while (left := self._left()) and isinstance(left[0], Expectation):
            if self._before is None:
                self._before = self._timeline.world
            if self._timeline.world.typed:  # shown, and not judged: the run is off the script
                self._to_do.pop(0)
                continue
            await self._can_be_judged()
            expectation = left[0]
            judged = await self._jury.judge(expectation, self._before)
            if self.problem is not None and not judged.ok:
                return False  # nothing is said of it
            self.took[expectation.line] = judged.took
            self._to_do.pop(0)
            found = judged.found
            self._performed.append(
                ExpectationJudged(
                    time.time(), expectation.line, expectation.source, judged.ok, in_english(found),
                    judged.proves_nothing, found,
                )
            )  # fmt: skip
        return True

    async def _settle(self) -> None:
        for prediction in self.script.pages[self._page].predictions:
            if self._timeline.world.typed:
                self._settled_as(prediction, None, Found(Finding.OFF_SCRIPT))
                continue
            verdict = await self._jury.answer_to(prediction)
            if self.problem is not None:
                return
            self._settled_as(prediction, verdict.text, verdict.missing)
        self._settled = True

    def _settled_as(self, prediction: Predict, answer: str | None, missing: Found | None) -> None:
        found = () if missing is None else (missing,)
        self._performed.append(
            PredictionSettled(time.time(), prediction.line, answer, in_english(found), found)
        )

    def _appended(self) -> None:
        for watcher in self._watchers:
            watcher()


def _is_from_outside(status: int | str | None) -> bool:
    """Whether a process that ended so was sent a signal that no line brings upon itself."""
    return isinstance(status, str) and status.startswith("SIG") and status not in OF_ITS_OWN


def _in_order(page: Page) -> list[_ToDo]:
    """Its lines, its expectations and where a student's program begins or is sent a signal, as they stand."""
    ordered: list[_ToDo] = []
    for block in page.blocks:
        if isinstance(block, Perform):
            ordered += block.statements
        elif isinstance(block, Expect):
            ordered += block.expectations
        elif isinstance(block, Launch | SendSignal):
            ordered.append(block)
    return ordered
