"""What a listener has not let in, and to whom it has answered with a cookie, as the counters of its host say."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from sockviz.language import _, ngettext
from sockviz.model.segments import EVERY_ADDRESS, endpoint, wire_end
from sockviz.model.sockets import SocketRow, State
from sockviz.tui.stage.ink import Line, line
from sockviz.tui.stage.lookup import Lookup
from sockviz.tui.stage.queues import is_full, label
from sockviz.tui.view import View
from sockviz.words import acts
from sockviz.words.counters_told import OVERFLOWS

#: How often a SYN was answered by a cookie.
_COOKIES = "TcpExt.SyncookiesSent"


def turned_away(view: View, lookup: Lookup, row: SocketRow, width: int) -> list[Line]:
    """``dropped      3 SYNs  ListenOverflows``: what the kernel has counted since the lesson began, under the full queue.

    The counter is the host's, not the listener's: it stands where it can only mean this one, or where the queue is full and
    somebody is kept waiting by that. Where others have turned somebody away, too, it is what was seen to come to this one.
    """
    grown = view.world.counters.get(OVERFLOWS, 0)
    if grown <= 0:
        return []
    mine, elsewhere = _overflowing(view, row)
    others = not elsewhere and _others_listen(view, row)
    only_syns = not lookup.half_open(row)
    if elsewhere:
        grown, only_syns = len(mine), all("SYN" in flags for flags in mine)
    if grown <= 0 or (others and not (is_full(row) and _keeps_waiting(view, lookup, row))):
        return []
    # With somebody in the SYN queue it may have been the last ACK of a handshake (net/ipv4/tcp_ipv4.c,
    # tcp_v4_syn_recv_sock counts it too).
    what = " " + ngettext("SYN", "SYNs", grown) if only_syns else ""
    said = line(label("dropped", width), (f"{grown}{what}", "bad"))
    name = OVERFLOWS.partition(".")[2]
    where = (
        ", " + _("of the whole machine")
        if view.lab.kind == "host"
        else ", " + _("all listeners")
        if others
        else ""
    )
    beside = next(
        (text for text in (f"  {name}{where}", f"  {name}") if said.width + cell_len(text) <= width), None
    )
    if beside is not None:
        return [said + line((beside, "muted"))]
    counted = _("counted in {counter}").format(counter=name)
    words = next(
        (text for text in (f"   {counted}{where}", f"   {name}{where}") if cell_len(text) <= width), None
    )
    if words is not None:
        return [said, line((words, "muted"))]
    named = f"   {counted}" if cell_len(counted) + 3 <= width else f"   {name}"
    return [said, line((named, "muted")), line(("   " + where.removeprefix(", "), "muted"))][
        : 2 + bool(where)
    ]


def _overflowing(view: View, row: SocketRow) -> tuple[list[Sequence[str]], bool]:
    """The flags of each segment that met the full queue of the listener, as far as they were captured; whether any met that of
    another."""
    here, world = wire_end(row.local), view.world
    mine: list[Sequence[str]] = []
    elsewhere = False
    for number, away in world.traffic.turned_away.items():
        packet = world.packets[number].event.packet
        if away.counter != OVERFLOWS or packet.tcp is None:
            continue
        if (
            here is not None
            and packet.destination[1] == here[1]
            and here[0] in (packet.destination[0], *EVERY_ADDRESS)
        ):
            mine.append(packet.tcp.flags)
        else:
            elsewhere = True
    return mine, elsewhere


def _others_listen(view: View, row: SocketRow) -> bool:
    """Whether anybody else listens, or, where no packet tells whose queue was met, has listened before."""
    if any(it is not row for it in view.world.listeners()):
        return True
    called = () if view.lab.has_packets else acts.over(view.world, "listen")
    return any(it.receiver is not None and it.receiver.inode != row.inode for it in called)


def cookies(view: View, lookup: Lookup, row: SocketRow, width: int) -> list[Line]:
    """``SYN cookies  3  SyncookiesSent``: that SYNs were answered without being written down, under the SYN queue that is full.

    The counter is the host's, not the listener's: it stands where a cookie goes out.
    """
    sent = view.world.counters.get(_COOKIES, 0)
    # Full is it from as many as the backlog on, or from one more (measured on 6.18).
    if sent <= 0 or row.backlog is None or len(lookup.half_open(row)) < max(1, row.backlog):
        return []
    said = line(label("SYN cookies", width), (f"{sent}", "bad"))
    name = _COOKIES.partition(".")[2]
    beside = f"  {name}"
    if said.width + cell_len(beside) <= width:
        return [said + line((beside, "muted"))]
    return [said, line((f"   {name}", "muted"))]


def _keeps_waiting(view: View, lookup: Lookup, row: SocketRow) -> bool:
    """Whether anybody is on the way into the listener's accept queue: in its SYN queue, or with a SYN unanswered."""
    here = endpoint(row.local)
    return bool(lookup.half_open(row)) or any(
        it.state is State.SYN_SENT
        and here is not None
        and (there := endpoint(it.peer)) is not None
        and here[1] == there[1]
        and here[0] in (there[0], *EVERY_ADDRESS)
        for it in view.world.timed()
    )
