"""What a descriptor is said to be."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.linux.files import ACCESS
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage.ink import Line, Span, line
from sockviz.tui.stage.lookup import port_of
from sockviz.words.wording import name_text

#: The states that `ss` has shorter words for (iproute2, misc/ss.c: sstate_name).
_AS_SS = {State.ESTABLISHED: "ESTAB", State.SYN_RECEIVED: "SYN-RECV", State.UNCONNECTED: "UNCONN"}


def unseen(world: World, inode: int, width: int) -> Line:
    """The same of one for which nobody has looked into the kernel's tables so far: what calls said of it."""
    name = world.names.get(inode)
    if name is None or not name.is_kept:
        return line(("—", "muted"))
    port = _("bound") if name.port_is_unknown else f":{port_of(name.address)}"
    bound = _("bound to {name}").format(name=name_text(name))
    return _first_that_fits(width, line(("—  " + bound, "muted")), line(("—  " + port, "muted")))


def _first_that_fits(width: int, *candidates: Line, taken: int = 16) -> Line:
    return next((it for it in candidates if it.width + taken <= width), candidates[-1])


def brief_name(name: str, process: Process | None, width: int, *, ascii_only: bool = False) -> str:
    """A variable's name in `width` cells: its beginning; where another socket of the process begins alike, its end, too."""
    others = process.names.items() if process is not None and len(name) > width >= _BOTH_ENDS else ()
    alike = (
        other for other, held in others if isinstance(held, SocketValue) and other[:width] == name[:width]
    )
    if all(other == name for other in alike):
        return name[:width]
    return f"{name[: width - 3]}{'~' if ascii_only else '…'}{name[-2:]}"


#: The most cells that a variable's name has in a table; so many have its beginning and its end.
NAME_WIDTH = _BOTH_ENDS = 6


def protocol_of(entry: FdEntry | None, row: SocketRow) -> str:
    """As its row has it; MPTCP, where that is one of its subflows."""
    return "MPTCP" if entry is not None and entry.is_mptcp else row.protocol


def named_state(state: State, *, large: bool) -> Span:
    """Its symbol and its name."""
    return f"{STATE_SYMBOLS[state]} {state}", state_role(state, large=large)


def briefly(state: State, *, large: bool) -> Sequence[Span]:
    """The same in fewer and fewer characters: whole, as `ss` writes it; then the same without a symbol."""
    short = _AS_SS.get(state, state.value)
    role = state_role(state, large=large)
    words = (state.value, short)
    symbol = STATE_SYMBOLS[state]
    return tuple(
        dict.fromkeys((*((f"{symbol} {word}", role) for word in words), *((word, role) for word in words)))
    )


def plain_target(entry: FdEntry) -> str:
    """What a descriptor that is no socket refers to; of a pipe also which of its ends."""
    if entry.target.startswith("anon_inode"):
        return entry.target.removeprefix("anon_inode:").strip("[]")
    ends = {ACCESS["O_RDONLY"]: _("to read"), ACCESS["O_WRONLY"]: _("to write")}
    which = ends.get(entry.flags & 3, "") if entry.target.startswith("pipe:") else ""
    return f"{entry.target} {which}".rstrip()
