"""What a descriptor is said to be, and what is said of a socket that is in none of the kernel's tables."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.world import World
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage.ink import Line, line
from sockviz.tui.stage.lookup import port_of
from sockviz.words.wording import name_text


def tableless(world: World, inode: int, width: int) -> Line:
    """Of a socket without a row, in a table that is `width` wide."""
    known, name = world.sockets.get(inode), world.names.get(inode)
    if name is not None and name.is_kept:
        bound = name_text(name)
        port = _("bound") if name.port_is_unknown else f":{port_of(name.address)}"
        brief = _("bound to {name}").format(name=port)
        return _first_that_fits(
            width,
            line(("—  " + _("bound to {name}, in no kernel table").format(name=bound), "muted")),
            line(("—  " + _("bound to {name}").format(name=bound), "muted")),
            _first_that_fits(
                width,
                line(("—  " + (port if name.port_is_unknown else brief), "muted")),
                line(("—  " + port, "muted")),
                taken=11,
            ),
        )
    dissolved = known is not None and known.dissolved  # it is as it was before it had a peer
    if not dissolved and (
        (known is not None and known.peer is not None) or (name is not None and not name.is_none)
    ):
        closed = line((f"{STATE_SYMBOLS[State.CLOSED]} CLOSED", state_role(State.CLOSED)))
        return _first_that_fits(
            width,
            closed + line(("  " + _("in no kernel table any more"), "muted")),
            closed + line(("  " + _("no row left"), "muted")),
            closed,
        )
    if name is None and not dissolved:  # nobody has said whether it was ever bound
        return _first_that_fits(width, line(("—  " + _("in no kernel table"), "muted")), line(("—", "muted")))
    return _first_that_fits(
        width,
        line(("—  " + _("not bound, in no kernel table"), "muted")),
        line(("—  " + _("in no kernel table"), "muted")),
        line(("—  " + _("not bound"), "muted")),
    )


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


def plain_target(entry: FdEntry) -> str:
    """What a descriptor that is no socket refers to."""
    return (
        entry.target.removeprefix("anon_inode:").strip("[]")
        if entry.target.startswith("anon_inode")
        else entry.target
    )
