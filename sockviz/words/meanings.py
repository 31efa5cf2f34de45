"""What a packet is, in words: in one for its arrow, in a clause for a sentence, and each sign that it is known by."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import N_, _, ngettext
from sockviz.model.hindsight import BAD_CHECKSUM, DEFERRED, DROPS, NO_MEMORY, NO_ROOM, TurnedAway
from sockviz.model.meaning import (
    BelowNext,
    CounterGrowth,
    Meaning,
    ResendCause,
    Role,
    Sign,
    TimerSeen,
    Windows,
    WindowSeen,
)
from sockviz.model.sockets import SocketRow, Timer
from sockviz.model.world import World

#: On an arrow: a word, and where there is no room for it a mark.
_MARKS = {
    Role.AGAIN: (N_("again"), "↻"),
    Role.CROSSED: (N_("crossed"), "╳"),
    Role.WINDOW_PROBE: (N_("window probe"), "?"),
    Role.KEEPALIVE: (N_("keepalive"), "?"),
    Role.PROBE_ANSWER: (N_("answers the probe"), "!"),
    Role.DUPLICATE_ACK: (N_("duplicate"), "="),
    Role.WINDOW_UPDATE: (N_("window"), "↔"),
    Role.ANSWERING_RST: ("", ""),
    Role.ABORTING_RST: ("", ""),
}
#: What stands for ``ACK`` and the word, where there is room for one of them: the shortest last.
_INSTEAD = {
    Role.WINDOW_PROBE: (N_("window probe"), N_("probe")),
    Role.KEEPALIVE: (N_("keepalive"),),
    Role.PROBE_ANSWER: (N_("probe's answer"), N_("answer")),
    Role.DUPLICATE_ACK: (N_("duplicate ACK"), N_("dup ACK")),
    Role.WINDOW_UPDATE: (N_("window update"), N_("window")),
}
#: In full.
ROLES = {
    Role.AGAIN: N_("a retransmission"),
    Role.CROSSED: N_("the SYN+ACK of a simultaneous open"),
    Role.WINDOW_PROBE: N_("a zero-window probe"),
    Role.KEEPALIVE: N_("a keepalive probe"),
    Role.PROBE_ANSWER: N_("the answer to a probe"),
    Role.DUPLICATE_ACK: N_("a duplicate acknowledgement"),
    Role.WINDOW_UPDATE: N_("a window update"),
    Role.ANSWERING_RST: N_("a RST in answer"),
    Role.ABORTING_RST: N_("a RST of its sender's own accord"),
}
_CAUSES = {
    ResendCause.TIMEOUT: N_("its retransmission timer ran out"),
    ResendCause.FAST: N_("a fast retransmit: the acknowledgements say that it is missing"),
    ResendCause.LOSS_PROBE: N_("a tail loss probe: nothing was heard of the last segment"),
    ResendCause.SLOW_START: N_("after a timeout it is taken for lost, too"),
    ResendCause.HANDSHAKE: N_("the timer of the handshake ran out"),
    ResendCause.REPEATED_SYN: N_("it answers a SYN that came once more"),
}
#: What a counter that grew says of a packet that was not let in.
_REASONS = {
    "TcpExt.ListenOverflows": N_("the accept queue was full"),
    "TcpExt.TCPReqQFullDrop": N_("the SYN queue was full"),
    "TcpExt.ListenDrops": N_("the listener did not take it"),
    DEFERRED: N_("the listener waits for data with it (TCP_DEFER_ACCEPT)"),
    "TcpExt.TCPRcvQDrop": N_("there was no room in the receive buffer"),
    "TcpExt.TCPZeroWindowDrop": N_("its window was closed"),
    NO_ROOM: N_("there was no room in the receive queue"),
    BAD_CHECKSUM: N_("its checksum was wrong"),
    NO_MEMORY: N_("all of UDP's memory was used up"),
}


def mark(meaning: Meaning) -> tuple[str, str]:
    """The word for an arrow, and a sign that stands for it."""
    word, sign = _MARKS[meaning.role]
    return (_(word) if word else "", sign)


def instead_of_ack(meaning: Meaning) -> tuple[str, ...]:
    """What a bare acknowledgement of this kind is called by itself, the fullest first."""
    return tuple(_(word) for word in _INSTEAD.get(meaning.role, ()))


def meaning_clause(meaning: Meaning, world: World) -> str:
    """What the segment is, as a clause that goes on from its name: ``, a zero-window probe: …``."""
    of = world.packet_text(meaning.of)
    match meaning.role:
        case Role.AGAIN:
            return _(" again")
        case Role.CROSSED:
            return _(": its own SYN has crossed the other's, and this answers that one")
        case Role.WINDOW_PROBE:
            return _(", a zero-window probe: is there room again?") + _known_by(meaning)
        case Role.KEEPALIVE:
            return _(", a keepalive probe: is anybody still there?") + _known_by(meaning)
        case Role.PROBE_ANSWER:
            return _(", the answer to the probe")
        case Role.DUPLICATE_ACK:
            return _(", a duplicate: it acknowledges nothing new")
        case Role.WINDOW_UPDATE:
            now, before = windows(meaning)
            return _(", a window update: room for {now} (before, {before})").format(
                now=_bytes(now), before=_bytes(before)
            )
        case Role.ANSWERING_RST:
            return _(", the answer to {what}").format(what=of) if of else ""
        case Role.ABORTING_RST:
            return _(", of its own accord")


def windows(meaning: Meaning) -> tuple[int, int]:
    """The window in it and the one before."""
    return next(((s.now, s.before) for s in meaning.signs if isinstance(s, Windows)), (0, 0))


def cause_clause(meaning: Meaning) -> str:
    """Why it was sent again: ``its retransmission timer ran out (TCPTimeouts grew by 1)``; empty where nothing said so."""
    if meaning.cause is None:
        return ""
    counted = [sign for sign in meaning.signs if isinstance(sign, CounterGrowth)]
    return _(_CAUSES[meaning.cause]) + "".join(f" ({sign_text(sign)})" for sign in counted)


def turned_away_clause(found: TurnedAway, number: int, world: World) -> str:
    """``client SYN was not let in: the accept queue was full (ListenOverflows grew by 1)``."""
    why = _REASONS.get(found.cause if found.counter == DROPS else found.counter)
    if found.is_certain:
        told = _("{what} was dropped at its socket") if found.had_come_in else _("{what} was not let in")
        said = told.format(what=world.packet_text(number))
    else:
        told = (
            ngettext(
                "{by} of these {among} was dropped at its socket, and nothing says which: {what}",
                "{by} of these {among} were dropped at its socket, and nothing says which: {what}",
                found.by,
            )
            if found.had_come_in
            else ngettext(
                "{by} of these {among} was not let in, and nothing says which: {what}",
                "{by} of these {among} were not let in, and nothing says which: {what}",
                found.by,
            )
        )
        said = told.format(by=found.by, among=len(found.among), what=_list(found.among, world))
    if why is not None:
        said += (": " if found.is_certain else "; ") + _(why)
    return f"{said} ({counter_text(found)})"


def drop_reason(cause: str) -> str:
    """Why a socket was not given a datagram, by one of `DROP_CAUSES`; empty where nothing said so."""
    return _(_REASONS[cause]) if cause in _REASONS else ""


def dropped_text(row: SocketRow, world: World) -> str:
    """``3 dropped for want of room``: how many datagrams a socket was not given, and why where all were lost for one reason."""
    causes = world.traffic.drop_causes.get((world.host_of(row), row.key), ())
    count = row.drops or 0
    if causes == (NO_ROOM,):
        told = ngettext("{count} dropped for want of room", "{count} dropped for want of room", count)
    elif causes == (BAD_CHECKSUM,):
        told = ngettext("{count} dropped: wrong checksum", "{count} dropped: wrong checksum", count)
    else:
        told = ngettext("{count} dropped", "{count} dropped", count)
    return told.format(count=count)


def counter_text(found: TurnedAway) -> str:
    """``ListenOverflows grew by 1``, ``drops of its socket grew by 1``."""
    if found.counter == DROPS:
        told = _("the drops of its socket grew by {by}").format(by=found.by)
        return told if found.cause in ("", NO_ROOM) else f"{told}, {found.cause}"
    return _("{counter} grew by {growth}").format(counter=found.counter.rpartition(".")[2], growth=found.by)


def sign_text(sign: Sign) -> str:
    """What one thing says that a meaning is known by."""
    match sign:
        case BelowNext():
            return _("its sequence number is one below the next one")
        case TimerSeen(Timer.PERSIST):
            return _("the persist timer of its socket ran")
        case TimerSeen(timer):
            return _("the {timer} timer of its socket ran").format(timer=timer)
        case WindowSeen(window, packet):
            return _("the window that it was told last is {window} (packet {number})").format(
                window=_bytes(window), number=packet + 1
            )
        case Windows(now, before):
            return _("its window is {now}, the one before was {before}").format(
                now=_bytes(now), before=_bytes(before)
            )
        case CounterGrowth(name, by):
            return _("{counter} grew by {growth}").format(counter=name.rpartition(".")[2], growth=by)


def news(before: World, after: World) -> Iterator[str]:
    """What a look has said of packets from before it: why one was sent again, which were not let in."""
    old, new = before.traffic, after.traffic
    if new.turned_away is not old.turned_away:
        told: set[tuple[int, ...]] = set()
        for number, found in new.turned_away.items():
            if number in old.turned_away or (not found.is_certain and found.among in told):
                continue
            told.add(found.among)
            yield turned_away_clause(found, number, after)
    if new.meanings is not old.meanings:
        for number in old.asking:
            now, then = new.meanings[number], old.meanings[number]
            if now.cause is not None and then.cause is None:
                said = cause_clause(now)
                yield _("{what} was sent again: {why}").format(what=after.packet_text(number), why=said)


def _list(numbers: tuple[int, ...], world: World) -> str:
    return ", ".join(
        _("{what} (packet {number})").format(what=world.packet_text(number), number=number + 1)
        for number in numbers
    )


def _known_by(meaning: Meaning) -> str:
    told = [s for s in meaning.signs if isinstance(s, TimerSeen | WindowSeen)]
    timers = [s for s in told if isinstance(s, TimerSeen)]
    return "".join(f" ({sign_text(sign)})" for sign in (timers or told)[:1])


def _bytes(count: int) -> str:
    return ngettext("{count} byte", "{count} bytes", count).format(count=count)
