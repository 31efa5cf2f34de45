"""What Recv-Q and Send-Q count: bytes, and beside them a FIN or a SYN; or memory."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.unread import HAS_FIN
from sockviz.words.urgent import Urgent

#: Sent FIN: it takes a sequence number, so it counts as one in Send-Q until it is acknowledged.
FIN_UNACKED = frozenset({State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})


def received(row: SocketRow, briefly: bool = False, urgent: Urgent | None = None) -> str:
    """What Recv-Q counts; ``briefly`` where there is little room. ``urgent``: what it counts at the place of the urgent byte."""
    if urgent is not None:
        return " " + _beside_the_urgent_one(row.recv_q - 1, urgent, briefly)
    if (
        row.protocol in ("UDP", "RAW", "ICMP") and row.recv_q
    ):  # net/ipv4/raw_diag.c asks sk_rmem_alloc_get, as udp_diag.c does
        return " " + _("of memory")
    if (row.state in HAS_FIN or row.outlived) and row.recv_q:
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


def _beside_the_urgent_one(count: int, urgent: Urgent, briefly: bool) -> str:
    """So many bytes, and the place of the urgent one."""
    waits = urgent is Urgent.WAITS
    if not count:
        return _("= the urgent byte") if waits else _("= the urgent byte's place")
    if briefly:
        return (_("= {count} + 1 urgent") if waits else _("= {count} + 1 taken")).format(count=count)
    told = (
        ngettext("= {count} byte + the urgent one", "= {count} bytes + the urgent one", count)
        if waits
        else ngettext(
            "= {count} byte + the urgent one's place", "= {count} bytes + the urgent one's place", count
        )
    )
    return told.format(count=count)


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


def recv_q(row: SocketRow, urgent: Urgent | None = None) -> str:
    """Its number, and what it counts where that is not simply bytes to be read: ``832 of memory``, ``1 = the FIN``."""
    if row.protocol == "UNIX" and row.type == "SOCK_DGRAM" and row.recv_q:
        return _("{count}, of the first datagram").format(count=row.recv_q)
    told = received(row, urgent=urgent)
    return str(row.recv_q) + ("" if told == " " + _("to be read") else told)


def send_q(row: SocketRow) -> str:
    """Its number, and what it counts where that is not simply bytes that are not acknowledged: ``768 of memory``."""
    told = sent(row)
    return str(row.send_q) + ("" if told == " " + _("not acknowledged") else told)


def cut_backlog(row: SocketRow, world: World) -> str:
    """That a listener's backlog is less than was asked for (net/socket.c, __sys_listen_socket); empty where it is not."""
    asked = (
        acts.last(acts.on(world, row.inode, "listen"))
        if row.is_listening and row.backlog is not None
        else None
    )
    wanted = asked.arguments[1] if asked is not None and len(asked.arguments) > 1 else None
    if not isinstance(wanted, int) or row.backlog is None or 0 <= wanted <= row.backlog:
        return ""
    return _("{asked} was asked for, and net.core.somaxconn allows a backlog of {backlog} at most").format(
        asked=wanted, backlog=row.backlog
    )
