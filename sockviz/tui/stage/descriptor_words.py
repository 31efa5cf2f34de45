"""What a descriptor is said to be."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.world import World
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage.ink import Line, Span, line
from sockviz.tui.stage.lookup import port_of
from sockviz.words.wording import name_text


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


def protocol_of(entry: FdEntry | None, row: SocketRow) -> str:
    """As its row has it; MPTCP, where that is one of its subflows."""
    return "MPTCP" if entry is not None and entry.is_mptcp else row.protocol


def named_state(state: State, *, large: bool) -> Span:
    """Its symbol and its name."""
    return f"{STATE_SYMBOLS[state]} {state}", state_role(state, large=large)


def plain_target(entry: FdEntry) -> str:
    """What a descriptor that is no socket refers to."""
    return (
        entry.target.removeprefix("anon_inode:").strip("[]")
        if entry.target.startswith("anon_inode")
        else entry.target
    )
