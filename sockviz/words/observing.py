"""What an observation says that the one before did not: the changes worth a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.events import Observed
from sockviz.model.hindsight import DROP_CAUSES, DROPS, LISTEN_DROPS, NO_ROOM
from sockviz.model.hosts import LOOPBACK
from sockviz.model.meaning import CounterGrowth, ResendCause
from sockviz.model.segments import wire_end
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.words.counters_told import SPOKEN, TELLING
from sockviz.words.datagrams import errors_wait, unsent, why_unsent
from sockviz.words.group_words import group_changes
from sockviz.words.holding_back import held_back, window_now_closed
from sockviz.words.meanings import drop_reason, news
from sockviz.words.queues import cut_backlog, recv_q, send_q
from sockviz.words.row_names import both_text, local_text, peer_text
from sockviz.words.urgent import urgent_in
from sockviz.words.waiting_states import taken_over, unheld, why_gone, why_in
from sockviz.words.whose import of_row
from sockviz.words.wording import seconds_text


def grown(world: World) -> list[tuple[str, int, str]]:
    """The telling counters that have grown since the lesson began: name, growth, what it counts."""
    return [
        (name, count, _(says)) for name, says in TELLING.items() if (count := world.counters.get(name, 0)) > 0
    ]


#: Of these, what the drops of a socket say, too.
_DROPPED = frozenset(f"{group}.{name}" for group in ("Udp", "Udp6") for name in (*DROP_CAUSES, "InErrors"))
_TIMEOUTS = "TcpExt.TCPTimeouts"
_BY_TIMER = (ResendCause.TIMEOUT, ResendCause.HANDSHAKE)
#: Clauses of one sentence about an observation: beyond that they are counted.
_TOLD = 2


def changes(event: Observed, before: World, after: World, whole: bool = False) -> list[str]:
    """The differences `event` made, a clause each, the most telling first; none where only details differ. ``whole``: with what a
    picture shows of a row beside its state: its queues, a timer that has begun."""
    return [text for _weight, text in sorted(_all(event, before, after, whole), key=lambda found: found[0])]


def in_short(told: Sequence[str]) -> str:
    """The first of those `changes` in one sentence."""
    more = " " + _("(and {count} more)").format(count=len(told) - _TOLD) if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more


def _all(event: Observed, before: World, after: World, whole: bool) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    says_drops = _says_drops(before, after)
    told_of = _told_of_packets(before, after) | _told_of_repeats(event, before, after)
    # A row of a table without cookies is known by its ends, which connect may change: its inode says that it is the same socket.
    left = {
        (row.protocol, row.inode): row for key in event.gone if (row := before.rows.get((event.host, key)))
    }
    for row in event.rows:
        old = before.rows.get((event.host, row.key))
        if old is None and row.inode:
            old = left.pop((row.protocol, row.inode), None)
        told_of_row = _row(old, row, after, event.at)
        if whole:
            told_of_row = _with_queues(told_of_row, old, row, after)
        found += told_of_row
        if not says_drops:  # else it is told of the datagram itself
            found += _dropped(old, row, event.host, after)
    for key in event.gone:
        gone = before.rows.get((event.host, key))
        if gone is not None and gone.inode and (gone.protocol, gone.inode) not in left:
            continue
        # A TIME-WAIT row has another key than the connection it was: that one is not gone, it changed its shape. (All the
        # unnamed ends of UNIX sockets are named alike.)
        over = taken_over(gone, after) if gone is not None else ""
        if gone is not None and (over or not any(_same_ends(gone, row) for row in event.rows)):
            found.append(
                (
                    3,
                    _and_why(
                        _("{whose} {state} is gone from the kernel's table").format(
                            whose=of_row(gone, before), state=gone.state
                        ),
                        over
                        or "; ".join(filter(None, (why_gone(gone, event.at, after), unheld(gone, after)))),
                    ),
                )
            )
    if event.groups is not None:
        told = group_changes(event.host, before.groups.get(event.host, ()), event.groups)
        found += [(1, text) for text in told]
    found += [(1, said) for said in news(before, after)]
    for name in event.counters:
        growth = after.counters.get(name, 0) - before.counters.get(name, 0)
        if growth > 0 and name in SPOKEN and name not in told_of and not (says_drops and name in _DROPPED):
            found.append(
                (
                    2,
                    _("{counter} grew by {growth}: {counts}").format(
                        counter=name.partition(".")[2],
                        growth=growth,
                        counts=_(TELLING[name]) + _here(name, event.host),
                    ),
                )
            )
    return found


def _here(name: str, host: str) -> str:
    """Where it was counted, where that is half of what is to be said: a broadcast comes to whoever has sent it, too."""
    if host == LOOPBACK or not name.endswith(".IgnoredMulti"):
        return ""
    return _(" ({host})").format(host=host)


def _row(old: SocketRow | None, row: SocketRow, world: World, at: float) -> list[tuple[int, str]]:
    whose = of_row(row, world)
    if old is None:
        if row.is_listening and row.backlog is None:
            said = _("{whose} is LISTEN on {address}").format(whose=whose, address=local_text(row))
            return [(1, said)]
        if row.is_listening:
            lists = _("{whose} is LISTEN on {address}, backlog {backlog}")
            said = lists.format(whose=whose, address=local_text(row), backlog=row.send_q)
            return [(1, _and_why(said, cut_backlog(row, world)))]
        if not row.inode and row.state in (State.ESTABLISHED, State.SYN_RECEIVED):
            waits = (
                _("a connection of {address} waits in the accept queue: {state}, owned by no descriptor")
                if row.state is State.ESTABLISHED
                else _("a connection of {address} waits in the SYN queue: {state}, owned by no descriptor")
            )
            return [(1, waits.format(address=peer_text(row), state=row.state))]
        if row.outlived:
            kept = _(
                "{whose} keeps {address} bound: its descriptor is open, and the connection goes on without it"
            )
            return [(2, kept.format(whose=whose, address=local_text(row)))]
        if row.bound_only:
            return [
                (
                    1,
                    _("{whose} is bound to {address} and does not listen").format(
                        whose=whose, address=local_text(row)
                    ),
                )
            ]
        said = _("{whose} is {state}: {ends}").format(whose=whose, state=row.state, ends=both_text(row))
        more = unsent(row, world) or errors_wait(row, world)
        return [(1, f"{said}; {more}" if more else said)]
    if old.state is not row.state:
        said = _("{whose} goes from {old} to {new}").format(whose=whose, old=old.state, new=row.state)
        why = taken_over(old, world) or why_gone(old, at, world) if row.bound_only else why_in(row, world)
        return [(1, _and_why(said, why or cut_backlog(row, world)))]
    if row.is_listening and old.send_q != row.send_q:
        told_now = _("the backlog of {whose} is {new} (was {old})")
        said = told_now.format(whose=whose, new=send_q(row), old=send_q(old))
        return [(1, _and_why(said, cut_backlog(row, world)))]
    if row.is_listening and old.recv_q != row.recv_q:
        holds = _("the accept queue of {whose} holds {new} (was {old})").format(
            whose=whose, new=recv_q(row), old=recv_q(old)
        )
        # net/ipv4/tcp_input.c, tcp_conn_request; include/net/sock.h, sk_acceptq_is_full: more than the backlog.
        full = row.backlog is not None and row.recv_q > row.backlog >= old.recv_q
        return [(2, _and_why(holds, _("it is full, and who comes next is not let in") if full else ""))]
    if row.retransmits > old.retransmits:
        return [(2, _again(row, whose, world))]
    told: list[tuple[int, str]] = []
    if closed := window_now_closed(old, row, world):
        told.append((2, closed))
    if kept := held_back(old, row, world):
        told.append((2, kept))
    if old.recv_q != row.recv_q:
        told.append(
            (
                4,
                _and_why(
                    _("Recv-Q of {whose} is {new} (was {old})").format(
                        whose=whose,
                        new=recv_q(row, urgent_in(row, world)),
                        old=recv_q(old, urgent_in(old, world)),
                    ),
                    errors_wait(row, world),
                ),
            )
        )
    if (
        old.send_q != row.send_q and not row.bound_only
    ):  # of one without a connection it is what a SYN has left in it
        told.append(
            (
                4,
                _and_why(
                    _("Send-Q of {whose} is {new} (was {old})").format(
                        whose=whose, new=send_q(row), old=send_q(old)
                    ),
                    why_unsent(row, world),
                ),
            )
        )
    if not old.inode and row.inode:
        told.append((3, _("{whose} has left the accept queue").format(whose=whose)))
    return told


def _dropped(old: SocketRow | None, row: SocketRow, host: str, world: World) -> list[tuple[int, str]]:
    """That a datagram was lost at its socket, of one whose packets nobody has captured."""
    if old is None or row.drops is None or old.drops is None or row.drops <= old.drops:
        return []
    cause = next(iter(world.traffic.drop_causes.get((host, row.key), ())), "")
    why = drop_reason(cause)
    if cause == NO_ROOM:
        lost = _("{whose} had no room for a datagram, which is gone (drops {count})")
    elif why:
        lost = _("{whose} was not given a datagram, which is gone: {reason} (drops {count})")
    else:
        lost = _("{whose} was not given a datagram, which is gone (drops {count})")
    return [(2, lost.format(whose=of_row(row, world), count=row.drops, reason=why))]


def _says_drops(before: World, after: World) -> bool:
    """Whether a datagram is told of, of which the drops of its socket said that it was not let in."""
    return DROPS in _told_of_packets(before, after)


def _told_of_packets(before: World, after: World) -> set[str]:
    """The counters of which it is told which packet, that was not let in, made them grow."""
    old, new = before.traffic.turned_away, after.traffic.turned_away
    if new is old:
        return set()
    told = {found.counter for number, found in new.items() if number not in old}
    return told | set(LISTEN_DROPS) if told & set(LISTEN_DROPS) else told


def _told_of_repeats(event: Observed, before: World, after: World) -> set[str]:
    """The counters of which it is told which packets, that were sent again, made them grow. A timer that runs out is counted as
    such, too (net/ipv4/tcp_timer.c, tcp_retransmit_timer)."""
    old, new = before.traffic.meanings, after.traffic.meanings
    if new is old:
        return set()
    found = [new[number] for number in before.traffic.asking if new[number].cause is not old[number].cause]
    told = {sign.name for meaning in found for sign in meaning.signs if isinstance(sign, CounterGrowth)}
    timers = sum(meaning.cause in _BY_TIMER for meaning in found)
    grown = after.counters.get(_TIMEOUTS, 0) - before.counters.get(_TIMEOUTS, 0)
    return told | {_TIMEOUTS} if timers and timers >= grown and _TIMEOUTS in event.counters else told


def _with_queues(
    told: list[tuple[int, str]], old: SocketRow | None, row: SocketRow, world: World
) -> list[tuple[int, str]]:
    """What is told of a row that is new, or whose state or owner is another one, with what waits in its queues; and the timer of
    a connection at rest."""
    if told and not row.bound_only and (old is None or old.state is not row.state):
        (weight, said), *others = told
        told = [(weight, "; ".join((said, *_waiting(old, row, world)))), *others]
    elif told and row.inode and old is not None and not old.inode and 0 < row.recv_q == old.recv_q:
        *others, (weight, said) = told  # that it has left the accept queue
        waiting = _("Recv-Q is {count}").format(count=recv_q(row, urgent_in(row, world)))
        told = [*others, (weight, f"{said}; {waiting}")]
    if row.timer is Timer.KEEPALIVE and old is not None and old.timer is None and row.expires is not None:
        asks = _("{whose} sends a keepalive probe after another {time} of silence")
        time = seconds_text(row.expires - world.at)
        told = [*told, (4, asks.format(whose=of_row(row, world), time=time))]
    return told


def _waiting(old: SocketRow | None, row: SocketRow, world: World) -> list[str]:
    if row.is_listening:
        begins = old is not None and row.backlog is not None
        return [_("its backlog is {backlog}").format(backlog=row.backlog)] if begins else []
    told = []
    if row.recv_q and (old is None or old.recv_q != row.recv_q):
        told.append(_("Recv-Q is {count}").format(count=recv_q(row, urgent_in(row, world))))
    if row.send_q and (old is None or old.send_q != row.send_q):
        told.append(_("Send-Q is {count}").format(count=send_q(row)))
    return told


def _again(row: SocketRow, whose: str, world: World) -> str:
    """What was sent once more. net/ipv4/inet_diag.c: of two timers the number is that of the probes."""
    told = {
        Timer.PERSIST: _("{whose} sends a zero-window probe, {count} so far"),
        Timer.KEEPALIVE: _("{whose} sends a keepalive probe, {count} without an answer"),
    }.get(row.timer or Timer.ON, _("{whose} sends again, {count} so far"))
    again = told.format(whose=whose, count=row.retransmits)
    if row.state is State.SYN_SENT and (nobody := unsent_syn(row, whose, world)):
        again = nobody
    if row.expires is not None:
        again += _(", next in {time}").format(time=seconds_text(row.expires - world.at))
    return again


def unsent_syn(row: SocketRow, whose: str, world: World) -> str:
    """That the SYN which the timer tried again has not gone out at all: nothing of it was captured where all that leaves is."""
    here, there = wire_end(row.local), wire_end(row.peer)
    if len(world.captured) < 2 or there is None:
        return ""
    if any(
        (seen.event.packet.source, seen.event.packet.destination) == (here, there) for seen in world.packets
    ):
        return ""
    return _(
        "{whose} has tried again, {count} so far, and no SYN could go out: no host has answered for {address}"
    ).format(whose=whose, count=row.retransmits, address=there[0])


def _and_why(told: str, why: str) -> str:
    return f"{told}: {why}" if why else told


def _same_ends(old: SocketRow, new: SocketRow) -> bool:
    return new.protocol == "TCP" and (old.protocol, old.local, old.peer) == (
        new.protocol,
        new.local,
        new.peer,
    )
