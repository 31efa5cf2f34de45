"""What the bytes that wait at a socket are, and what is said of a socket that is in none of the kernel's tables."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage.ink import Line, line
from sockviz.tui.stage.lookup import port_of
from sockviz.words.wording import name_text

#: Received FIN: the kernel counts it as one in Recv-Q until it is read (net/ipv4/tcp_diag.c: rcv_nxt - copied_seq).
HAS_FIN = frozenset({State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT})
#: Sent FIN: it takes a sequence number, so it counts as one in Send-Q until it is acknowledged.
FIN_UNACKED = frozenset({State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})


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


def _first_that_fits(width: int, *candidates: Line, taken: int = 16) -> Line:
    return next((it for it in candidates if it.width + taken <= width), candidates[-1])


def received(row: SocketRow, briefly: bool = False) -> str:
    """What Recv-Q counts; ``briefly`` where there is little room."""
    if (
        row.protocol in ("UDP", "RAW") and row.recv_q
    ):  # net/ipv4/raw_diag.c asks sk_rmem_alloc_get, as udp_diag.c does
        return " " + _("of memory")
    if row.state in HAS_FIN and row.recv_q:
        waiting = row.recv_q - 1
        if not waiting:
            return " " + _("= the FIN")
        if briefly:
            return " " + _("= {count} + the FIN").format(count=waiting)
        return " " + ngettext("= {count} byte + the FIN", "= {count} bytes + the FIN", waiting).format(
            count=waiting
        )
    if row.protocol == "UNIX" and row.type == "SOCK_DGRAM" and row.recv_q:
        return " " + _("in the first")  # net/unix/af_unix.c, unix_inq_len: of datagrams the next one's length
    return " " + _("to be read") if row.recv_q else ""


def sent(row: SocketRow) -> str:
    """What Send-Q counts."""
    if not row.send_q:
        return ""
    if row.state is State.SYN_SENT:
        return " " + _("= the SYN")
    if row.state in FIN_UNACKED:
        return " " + (
            _("= {count} + the FIN").format(count=row.send_q - 1) if row.send_q > 1 else _("= the FIN")
        )
    if row.protocol != "TCP":
        return " " + _("of memory")
    # With the persist timer nothing is on its way: all that was sent is acknowledged (net/ipv4/tcp_output.c, tcp_send_probe0).
    return " " + (_("not sent") if row.timer is Timer.PERSIST else _("not acknowledged"))


def briefly_sent(row: SocketRow) -> str:
    """The same, where there is little room."""
    said = sent(row)
    return " " + _("unacked") if said == " " + _("not acknowledged") else said
