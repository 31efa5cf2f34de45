"""Which tasks are inside a call that may fall asleep, as they or their tracer tell."""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.lab.hearing import Heard
from sockviz.model.events import (
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    ProcessEnded,
    ThreadEnded,
    Treated,
)
from sockviz.model.sockets import Asleep


@dataclass(slots=True)
class Inside:
    """A task inside a call, and what the first look at it found."""

    call: int
    since: float
    first: Asleep | None = None
    first_at: float = 0.0
    told: bool = False


def note(said: Heard, inside: dict[tuple[str, int], Inside]) -> None:
    """Learns from what was `said` who is `inside`, by process and task."""
    if type(said) is CallEntered:
        inside[said.process, said.task] = Inside(said.call, said.at)
        return
    match said:
        case CallReturned():
            inside.pop((said.process, said.task), None)
        case CallLetGo() | CallInterrupted(over=True):
            inside[said.process, said.task] = Inside(said.call, said.at)
        case Treated(call=call) if (known := inside.get((said.process, said.task))) and known.call == call:
            known.told, known.first = False, None  # whoever was woken may sleep again
        case CallHeld() | CallInterrupted():
            # A held one is stopped, and asleep in nothing; of an interrupted one the handler's calls are what it is in.
            inside.pop((said.process, said.task), None)
        case ThreadEnded():
            inside.pop((said.process, said.task), None)
        case ProcessEnded():
            for each in [each for each in inside if each[0] == said.process]:
                del inside[each]


def is_same(first: Asleep, second: Asleep) -> bool:
    """Whether two looks found one sleep."""
    return (first.syscall, first.arguments, first.wchan) == (second.syscall, second.arguments, second.wchan)
