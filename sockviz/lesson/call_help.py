"""How the call is called in whose parentheses the cursor of a half-typed line stands."""

from __future__ import annotations

from sockviz.calls.table import CALLS
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.half_line import read_half
from sockviz.lesson.link_completion import link_help
from sockviz.lesson.slots import outer_slot
from sockviz.lesson.symbols import KnownProcess
from sockviz.model.hosts import LINK
from sockviz.words import call_meanings


@dataclass(frozen=True, slots=True)
class CallHelp:
    """The call at the cursor: how it is called, and from where to where in that the parameter stands that the cursor is at (the
    same twice where it is at none); what it does; its page of the system's manual (``bind(2)``; none of the link's).
    ``key`` is its row's (``socket.socket.bind``, ``link.hold``): sockviz's own manual finds its page by that."""

    key: str
    signature: str
    start: int
    end: int
    about: str
    man: str

    @property
    def parameter(self) -> str:
        """The parameter that the cursor is at, as the signature has it: ``[flags]``."""
        return self.signature[self.start : self.end]


def call_at(line: str, cursor: int, process: KnownProcess) -> CallHelp | None:
    """Of the innermost known call in whose parentheses the cursor stands how it is called; None where it stands in none."""
    half = read_half(line, cursor)
    if half.comment:
        return None
    if process.name == LINK:
        key, takes, at, about = link_help(half)
        shown, man = takes, ""
    else:
        slot = outer_slot(half, process)
        if slot is None:
            return None
        row = slot.row
        key, about, man = row.key, _(call_meanings.CALLS[row.key]), row.man
        shown = [each.shown for each in row.parameters]
        at = row.parameters.index(slot.parameter) if slot.parameter is not None else -1
    if not key:
        return None
    head = CALLS[key].signature.partition("(")[0] if key in CALLS else key
    start = len(head) + 1 + sum(len(each) + 2 for each in shown[:at])
    here = (start, start + len(shown[at])) if at >= 0 else (0, 0)
    return CallHelp(key, f"{head}({', '.join(shown)})", *here, about, man)
