"""Processes of which nothing is told before they, or those that they come from, have to do with sockets: what a program runs to
find its way is not what it was watched for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import ngettext
from sockviz.model.bystanders import is_bystander, program_of
from sockviz.model.events import CallEntered, Event, Executed, ProcessEnded, ProcessStarted, Signalled
from sockviz.model.moment import Moment
from sockviz.model.world import World


@dataclass(slots=True)
class Bystanders:
    """Keeps lines back; a line is who and what."""

    _lines: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by process
    _ended: dict[str, int] = field(default_factory=dict)  # by program, how many have ended without

    def keeps(self, moment: Moment, line: str) -> bool:
        """Whether an event's line is kept, or not to be told at all."""
        event, world = moment.event, moment.after
        match event:
            case ProcessStarted(process=name, parent=str()) if is_bystander(world.processes[name], world):
                self._lines[name] = []
            case ProcessEnded(process=name) if name in self._lines:
                del self._lines[name]
                program = program_of(name, world)
                self._ended[program] = self._ended.get(program, 0) + 1
                return True
            case Signalled(process=name, signal="SIGCHLD") if not world.processes[name].entered:
                return True
        name = _whose(event)
        if name not in self._lines:
            return False
        self._lines[name].append((name, line))
        return True

    @property
    def are_there(self) -> bool:
        """Whether anything is kept."""
        return bool(self._lines or self._ended)

    def told_now(self, event: CallEntered, world: World) -> Iterator[tuple[str, str]]:
        """What was kept, and is to be told now that somebody makes a call."""
        yield from self._counted(program_of(event.process, world))
        for name in [each for each in self._lines if not is_bystander(world.processes[each], world)]:
            yield from self._lines.pop(name)

    def left(self) -> Iterator[tuple[str, str]]:
        """What was kept to the end."""
        for program in list(self._ended):
            yield from self._counted(program)
        for name in list(self._lines):
            yield from self._lines.pop(name)

    def _counted(self, program: str) -> Iterator[tuple[str, str]]:
        count = self._ended.pop(program, 0)
        if count:
            yield program, ngettext(
                "{count} process that it started has ended without a call on a socket",
                "{count} processes that it started have ended without a call on a socket",
                count,
            ).format(count=count)  # fmt: skip


def _whose(event: Event) -> str:
    return event.process if isinstance(event, ProcessStarted | Executed | Signalled) else ""
