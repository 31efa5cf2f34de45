"""A run performed again, in a lab of its own: what its reader was given and gave, in the same order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.lesson.document import Lesson
from sockviz.lesson.typed_lines import BadLine, Typed
from sockviz.model.events import (
    ActedByHand,
    CallEntered,
    CallHeld,
    CallLetGo,
    LineTyped,
    PageOpened,
    PredictionMade,
    StatementBegun,
    VotesCounted,
)
from sockviz.model.tasks import task_name
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do
from sockviz.player.performance import Performance


@dataclass(frozen=True, slots=True)
class HeldFromNowOn:
    """The programs beside the lines are held at their calls from there on, or not."""

    wanted: bool


#: What made a run go on: pages turned, lines performed, lines typed, the link's keys, questions answered; a room's votes; and
#: held calls of programs beside it that were let go.
Given: TypeAlias = (
    PageOpened
    | StatementBegun
    | LineTyped
    | ActedByHand
    | PredictionMade
    | VotesCounted
    | CallLetGo
    | HeldFromNowOn
)


@dataclass(frozen=True, slots=True)
class Steps:
    """What a run is to be given again: its steps, lines that read otherwise, and what was typed, to be called back."""

    steps: Sequence[Given] = ()
    edited: Sequence[LineTyped] = ()
    kept: Sequence[str] = ()
    typing: bool = True


def given(timeline: Timeline) -> list[Given]:
    """All that a run was given, in order."""
    held = {(event.process, event.call) for event in timeline.events if isinstance(event, CallHeld)}
    steps: list[Given] = []
    # Before the first call that is held a program may have made those of its imports, which never are.
    holds: bool | None = None
    for event in timeline.events:
        if held and isinstance(event, CallEntered) and (event.line is None or event.text):  # a program's
            now = (event.process, event.call) in held
            if now is not holds and (now or holds):
                steps.append(HeldFromNowOn(now))
                holds = now
        elif isinstance(event, Given) and not _is_by_the_way(event):
            steps.append(event)
    return steps


def _is_by_the_way(event: Given) -> bool:
    """Of lines that are performed together the first brings the others."""
    return isinstance(event, StatementBegun) and event.together


def without_last(steps: Sequence[Given], lesson: Lesson) -> list[Given]:
    """The same without the line that was typed last; of what reads otherwise in `lesson` nothing is taken back."""
    last = next(
        (each for each in reversed(steps) if isinstance(each, LineTyped) and is_new(each, lesson)), None
    )
    if last is None:
        return list(steps)
    return [
        each
        for each in steps
        if each is not last and not (isinstance(each, StatementBegun) and each.line == last.line)
    ]


def is_new(event: LineTyped, lesson: Lesson) -> bool:
    """Whether it is no line of the text that reads otherwise."""
    return event.line > lesson.last_line


class Again:
    """Gives `run` what another was given. `perform` has a line that was added performed, and returns once it is, or waits."""

    def __init__(self, run: Performance, perform: Callable[[Statement], Awaitable[object]]) -> None:
        self._run, self._perform = run, perform
        self._new: dict[int, Statement] = {}  # by the line that it was

    async def give(self, steps: Iterable[Given]) -> None:
        """All of them, one after the other; what cannot be given any more is left out."""
        listed = list(steps)
        begun = {each.line for each in listed if isinstance(each, StatementBegun)}
        for step in listed:
            if self._run.problem is not None:
                return
            await self._one(step, begun)

    async def _one(self, step: Given, begun: Collection[int]) -> None:
        run = self._run
        match step:
            case PageOpened(page=page):
                while run.next.do in (Do.TURN, Do.PERFORM) and (run.timeline.world.page or 0) < page:
                    await run.advance()
            case StatementBegun(line=line) if line in self._new:
                await self._perform(self._new[line])
            case StatementBegun(line=line):
                coming = run.next
                if coming.do is Do.PERFORM and coming.statement is not None and coming.statement.line == line:
                    await run.advance()
            case LineTyped(line=line) if run.script.statement_at(line) is None or line in self._new:
                try:
                    added = run.additions.add(Typed(step.process, step.source))
                except BadLine:
                    return  # it hung on one that was taken back
                self._new[line] = added
                if line not in begun:
                    await self._perform(added)  # it waited there, too
            case CallLetGo(process=process, task=task) if run.beside is not None:
                await run.beside.goes(task_name(process, task))
            case HeldFromNowOn(wanted=wanted) if run.beside is not None:
                await run.beside.held_from_now_on(wanted)
            case ActedByHand(verb=verb, frame=frame):
                await run.order(verb, frame)
            case PredictionMade(line=line, choice=choice):
                run.answer(line, choice)
            case VotesCounted(line=line, counts=counts):
                run.vote(line, counts)
