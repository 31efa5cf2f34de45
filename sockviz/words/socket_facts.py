"""What a descriptor and a row of the kernel's tables say, fact by fact, each with what its column means."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import N_, _, decimal
from sockviz.model.linux.files import OPEN_FLAGS
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry, SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.words.facts import Fact, Section, Voice
from sockviz.words.interest import interest_facts
from sockviz.words.meanings import dropped_text
from sockviz.words.number_kinds import open_flags
from sockviz.words.number_meanings import DESCRIPTORS
from sockviz.words.row_names import local_text, peer_text
from sockviz.words.unread import HAS_FIN
from sockviz.words.urgent import urgent_in
from sockviz.words.wording import seconds_text


def descriptor(entry: FdEntry, owner: Process) -> Section:
    """What /proc says of one of a process's descriptors."""
    facts = [Fact(_("descriptor"), str(entry.fd)), Fact(_("refers to"), entry.target)]
    if entry.protocol:
        facts.append(Fact(_("protocol"), entry.protocol, "system.sockprotoname"))
    facts.append(Fact(_("flags"), open_flags(entry.flags), _told_flags(entry.flags)))
    facts += interest_facts(entry, owner)
    if entry.is_epoll and not entry.watched:
        facts.append(Fact(_("waits for"), _("nothing"), _("its list in the kernel is empty")))
    return Section(
        _("the descriptor table"), Voice.OBSERVED, f"/proc/{owner.outer_pid}/fd, fdinfo", tuple(facts)
    )


def _told_flags(flags: int) -> str:
    """What those flags do that change what calls do; in the file they are an octal number."""
    told = [_(DESCRIPTORS[name]) for name in ("O_NONBLOCK", "O_ASYNC") if flags & OPEN_FLAGS[name]]
    if flags & OPEN_FLAGS["O_CLOEXEC"]:
        told.append(_("O_CLOEXEC: {does}").format(does=_(DESCRIPTORS["FD_CLOEXEC"])))
    return "; ".join([f"0{flags:o}", *told])


def row_facts(row: SocketRow, world: World) -> Iterator[Fact]:
    """The columns of a socket's row."""
    yield Fact(_("state"), str(row.state), _state_note(row))
    yield Fact(_("local"), local_text(row))
    if row.peer is not None or row.tells_queues:
        yield Fact(_("peer"), peer_text(row) if row.peer is not None else _("none"))
    untold = _("{table} does not say").format(table=row.interface)
    if not row.tells_queues:
        yield Fact("Recv-Q, Send-Q", _("unknown"), untold)
    elif row.is_listening and row.backlog is None:
        yield Fact("Recv-Q", str(row.recv_q), _("LISTEN: connections in the accept queue"))
        yield Fact(_("backlog"), _("unknown"), untold)
    elif row.is_listening:
        yield Fact("Recv-Q", str(row.recv_q), _("LISTEN: connections in the accept queue"))
        yield Fact("Send-Q", str(row.send_q), _("LISTEN: the backlog; one more than it fits in"))
    elif row.protocol in ("UDP", "RAW", "ICMP"):
        received = _("{protocol}: buffer memory, not bytes of data").format(protocol=row.protocol)
        yield Fact("Recv-Q", str(row.recv_q), received)
        yield Fact("Send-Q", str(row.send_q), _("{protocol}: buffer memory").format(protocol=row.protocol))
    else:
        fin = row.recv_q and (row.state in HAS_FIN or row.outlived)
        yield Fact(
            "Recv-Q",
            str(row.recv_q),
            _("bytes not yet read; the FIN counts as one")
            if fin
            else _("TIME-WAIT keeps no queues")
            if row.state is State.TIME_WAIT
            else _("bytes not yet read; the urgent byte's place counts as one")
            if row.recv_q and urgent_in(row, world) is not None
            else _("bytes not yet read"),
        )
        syn = row.state is State.SYN_SENT
        yield Fact(
            "Send-Q",
            str(row.send_q),
            _("not yet acknowledged; the SYN counts as one") if syn else _("not yet acknowledged"),
        )
    if row.timer is not None:
        runs = str(row.timer)
        if row.expires is not None:
            runs = _("{timer}, {time} left").format(timer=runs, time=seconds_text(row.expires - world.at))
        yield Fact(_("timer"), runs)
    if row.retransmits:
        asks = row.timer in (Timer.PERSIST, Timer.KEEPALIVE)
        yield Fact(_("unanswered probes") if asks else _("retransmits"), str(row.retransmits))
    if row.drops is not None:
        yield Fact(
            _("drops"),
            str(row.drops),
            dropped_text(row, world) if row.drops else _("of the datagrams that came"),
        )
    yield Fact(_("inode"), str(row.inode), "" if row.inode else _("no descriptor owns it"))
    if row.cookie:
        yield Fact("cookie", f"{row.cookie:x}", _("the socket's own number, for its whole life"))
    yield Fact("uid", str(row.uid))


def _state_note(row: SocketRow) -> str:
    if row.bound_only:
        return _("bound, neither listening nor connected")
    # net/unix/af_unix.c, unix_dgram_connect sets sk_state of both; who is connected is told by UNIX_DIAG_PEER.
    if row.family == "AF_UNIX" and row.state is State.UNCONNECTED and row.raw[2:3] == b"\1":
        return _("ss has ESTAB: another is connected to it, and the kernel marks both")
    return ""


def tcp_facts(row: SocketRow) -> Iterator[Fact]:
    """The row's struct tcp_info, which it must have."""
    info = row.info
    assert info is not None
    if row.is_listening:
        yield Fact("unacked", str(info.unacked), _("LISTEN: the accept queue's length"))
        yield Fact("sacked", str(info.sacked), _("LISTEN: the backlog"))
        return
    yield Fact("rtt", f"{decimal(info.rtt / 1000, '.3f')} ms", f"± {decimal(info.rttvar / 1000, '.3f')}")
    yield Fact("rto", f"{info.rto / 1000:.0f} ms", _("how long it waits before it sends again"))
    yield Fact("cwnd", str(info.snd_cwnd), _("segments it may have under way"))
    yield Fact("unacked", str(info.unacked), _("segments under way now"))
    yield Fact(
        _("retransmits"),
        _("{now} now, {total} in all").format(now=info.retransmits, total=info.total_retrans),
    )
    yield Fact("mss", _("{out} out, {into} in").format(out=info.snd_mss, into=info.rcv_mss))
    for name, value, note in (
        (N_("bytes sent"), info.bytes_sent, ""), (N_("bytes acked"), info.bytes_acked, ""),
        (N_("bytes received"), info.bytes_received, ""), (N_("not sent yet"), info.notsent_bytes, ""),
        (N_("segments out"), info.segs_out, ""), (N_("segments in"), info.segs_in, ""),
        (N_("peer's window"), info.snd_wnd, N_("bytes it may still send")),
        (N_("own window"), info.rcv_wnd, N_("bytes it offers to take")),
    ):  # fmt: skip
        if value is not None:
            yield Fact(_(name), str(value), _(note))
