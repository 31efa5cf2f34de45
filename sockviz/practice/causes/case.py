"""A verdict that failed, with all that its causes are derived from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from sockviz.dataclass import dataclass
from sockviz.lesson.document import YOU, Exercise, Expectation
from sockviz.model.call import Call
from sockviz.model.events import Caveat
from sockviz.model.families import family
from sockviz.model.process import Process
from sockviz.model.timeline import Timeline
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.practice.causes.flows import READS, Flows
from sockviz.practice.differing import Sides, sides
from sockviz.words.caveats import COMPUTES, GIVEN_UP
from sockviz.words.programs import place_of
from sockviz.words.wording import call_as_made

#: That is said within so many events from the end.
_LAST = 100
#: Why a run is given up whose program does one thing after the other: what it does as it is ended hangs on the machine.
ENDLESS = frozenset({"calls", "processes"})


@dataclass(frozen=True, slots=True)
class Advice:
    """What was wrong, and what can be done about it: each a sentence without a full stop."""

    cause: str
    next: str


@dataclass(frozen=True)
class Case:
    """All of the run `timeline`, in which `expectation` does not hold; None: it did not come to its end."""

    timeline: Timeline
    exercise: Exercise
    expectation: Expectation | None
    bindings: Mapping[str, Value]

    @cached_property
    def world(self) -> World:
        """What is known at its end."""
        return self.timeline.world

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The processes of the student's program, in the order in which they began."""
        return tuple(dict.fromkeys(name for run in self.exercise.runs for name in family(self.world, run)))

    @property
    def programs(self) -> list[Process]:
        """Those processes."""
        return [self.world.processes[name] for name in self.own]

    @property
    def others(self) -> list[Process]:
        """All others."""
        return [process for name, process in self.world.processes.items() if name not in self.own]

    @cached_property
    def computing(self) -> frozenset[str]:
        """Those of them that were found to compute without end at the last."""
        return frozenset(
            event.process
            for event in self.timeline.events[-_LAST:]
            if isinstance(event, Caveat)
            and event.what == COMPUTES
            and self.world.processes[event.process].alive
        )

    @cached_property
    def given_up(self) -> str:
        """Why the run was given up before its end (`sockviz.practice.bounds`); empty where it was not."""
        return next(
            (
                event.what.removeprefix(GIVEN_UP)
                for event in reversed(self.timeline.events)
                if isinstance(event, Caveat) and event.what.startswith(GIVEN_UP)
            ),
            "",
        )

    @cached_property
    def flows(self) -> Flows:
        """What went over its connections."""
        return Flows(self.timeline)

    @cached_property
    def compared(self) -> Sides | None:
        """What the expectation compares."""
        return sides(self.expectation, self.world, self.bindings) if self.expectation is not None else None

    @cached_property
    def sides(self) -> tuple[bytes, bytes] | None:
        """What came and what was expected, where those are bytes; of what is still waited for, what was sent by now."""
        found = self.compared
        if found is None or not isinstance(found.expected, bytes):
            return None
        came = self._under_way(found.source) if found.unknown else found.came
        return (came, found.expected) if isinstance(came, bytes) else None

    def _under_way(self, source: ast.expr) -> bytes | None:
        """What was sent to whoever sleeps until it has all of it."""
        match source:
            case ast.Attribute(value=ast.Name(id=name)) if (
                name in self.world.processes and name not in self.own
            ):
                call = self.world.processes[name].current
            case _:
                return None
        held = call.receiver if call is not None and call.name in READS else None
        if held is None or held.type != "SOCK_STREAM":
            return None
        taken = self.flows.taken(held.inode)
        return self.flows.sent_from(self.flows.other(held.inode), taken[-1].end if taken else 0)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The processes that the expectation names, `you` by the name that it has."""
        return tuple(
            dict.fromkeys(
                self.exercise.you if node.value.id == YOU else node.value.id
                for node in self.nodes
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            )
        )

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """The parts of the expectation."""
        return ast.walk(self.expectation.expression.tree) if self.expectation is not None else iter(())

    def asks_for(self, *attributes: str) -> bool:
        """Whether the expectation asks a run of the program for one of these."""
        runs = {*self.exercise.runs, YOU}
        return any(
            isinstance(node, ast.Attribute)
            and node.attr in attributes
            and isinstance(node.value, ast.Name)
            and node.value.id in runs
            for node in self.nodes
        )

    def made(self, call: Call) -> str:
        """``recv(4, 4096) (server.py:12)``."""
        place = place_of(call, self.world)
        return call_as_made(call) + (f" ({place})" if place else "")
