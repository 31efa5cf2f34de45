"""A socket that is in none of the kernel's tables: its state, and how that is known."""

from __future__ import annotations

from rich.cells import cell_len

from sockviz.language import _
from sockviz.model.sockets import FdEntry, State
from sockviz.model.world import World
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage.ink import Line, line
from sockviz.tui.stage.lookup import port_of
from sockviz.words.wording import name_text

#: Protocols whose sockets are CLOSED until they listen, connect or are bound.
_STREAMS = ("TCP", "MPTCP")
_OF_TYPES = {"SOCK_STREAM": "TCP", "SOCK_DGRAM": "UDP"}


def protocol_of(world: World, inode: int, entry: FdEntry | None) -> str:
    """Its protocol, as a row has it. /proc says TCPv6, a row TCP: one word for both, lest a socket seem to become another one."""
    said = (entry.protocol or "" if entry is not None else "").removesuffix("v6")
    known = world.sockets.get(inode)
    if not said and known is not None and known.family in ("AF_INET", "AF_INET6") and not known.protocol:
        said = _OF_TYPES.get(known.type, "")
    return said or "socket"


def state_of(world: World, inode: int, entry: FdEntry | None) -> State | None:
    """Its state. None of a protocol that is not looked for in the tables.

    What listens, is connected or bound has a row (net/ipv4/inet_diag.c); what is left is TCP_CLOSE, of UDP UNCONN to `ss`.
    """
    protocol = protocol_of(world, inode, entry)
    if entry is None or protocol in _STREAMS:
        return State.CLOSED
    return State.UNCONNECTED if protocol == "UDP" else None


def told(
    world: World, inode: int, entry: FdEntry | None, start: Line, columns: tuple[int, int], width: int
) -> tuple[Line, str]:
    """Its own line, `start` and what follows in a table of `width` whose `columns` are the protocol's and the state's (so wide);
    and what stands beneath that, where it has no room for how all of it is known."""
    state, (protocols, widest) = state_of(world, inode, entry), columns
    shown = f" {protocol_of(world, inode, entry):<{protocols}} " if protocols or state is None else " "
    symbol = ("—", "muted")
    if state is not None:
        symbol = f"{STATE_SYMBOLS[state]} {state:<{max(0, widest - 2)}}", state_role(state)
    start += line(shown, symbol)
    known = _said(world, inode, entry)
    air = (
        " " if state is not None and widest > len(state) + 2 else "  "
    )  # what is known stands where others have addresses
    beside = next((each for each in known if start.width + len(air) + cell_len(each) < width), "")
    beneath = next((each for each in known if cell_len(each) + 4 <= width), known[0])
    return start + line((f"{air}{beside}" if beside else "", "muted")), "" if beside in known[:2] else beneath


def _said(world: World, inode: int, entry: FdEntry | None) -> tuple[str, ...]:
    """How that is known, and whether it has a name; the longest first."""
    known, name = world.sockets.get(inode), world.names.get(inode)
    gone = _("in no kernel table any more"), _("no row left")
    if entry is None:
        return gone
    if name is not None and name.is_kept:
        port = _("bound") if name.port_is_unknown else f":{port_of(name.address)}"
        brief = () if name.port_is_unknown else (_("bound to {name}").format(name=port),)
        bound = name_text(name)
        return (
            _("bound to {name}, in no kernel table").format(name=bound),
            _("bound to {name}").format(name=bound),
            *brief,
            port,
        )
    dissolved = known is not None and known.dissolved  # it is as it was before it had a peer
    if not dissolved and (
        (known is not None and known.peer is not None) or (name is not None and not name.is_none)
    ):
        return gone
    if name is None and not dissolved:  # nobody has said whether it was ever bound
        return (_("in no kernel table"),)
    return _("not bound, in no kernel table"), _("in no kernel table")
