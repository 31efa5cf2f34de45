"""What is known of a packet, as comments in a file for Wireshark: where that guesses, they say what the kernel said."""

from __future__ import annotations

from sockviz.model.hindsight import TurnedAway
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
from sockviz.model.traffic import Traffic

_ROLES = {
    Role.AGAIN: "retransmission: the sender's kernel had sent this before",
    Role.CROSSED: "no retransmission: the SYN+ACK of a simultaneous open has the number of the SYN before it",
    Role.WINDOW_PROBE: "zero-window probe: the sender has data and was told that there is no room",
    Role.KEEPALIVE: "keepalive probe",
    Role.PROBE_ANSWER: "answer to the probe in packet {of}",
    Role.DUPLICATE_ACK: "duplicate acknowledgement, after packet {of}",
    Role.WINDOW_UPDATE: "window update",
    Role.ANSWERING_RST: "answer to packet {of}",
    Role.ABORTING_RST: "reset of the sender's own accord",
}
_CAUSES = {
    ResendCause.TIMEOUT: "retransmission timeout",
    ResendCause.FAST: "fast retransmit",
    ResendCause.LOSS_PROBE: "tail loss probe",
    ResendCause.SLOW_START: "retransmission in slow start",
    ResendCause.HANDSHAKE: "timer of the handshake",
    ResendCause.REPEATED_SYN: "answer to a repeated SYN",
}


def known(traffic: Traffic, number: int) -> tuple[str, ...]:
    """What is known of a packet (by its number, from 0). Packets in the texts count from 1."""
    told = []
    meaning = traffic.meanings.get(number)
    if meaning is not None:
        told.append(_meaning(meaning))
    away = traffic.turned_away.get(number)
    if away is not None:
        told.append(_turned_away(away))
    if (other := traffic.overtaken.get(number)) is not None:
        told.append(f"arrived after packet {other + 1}, which was sent later")
    return tuple(told)


def _meaning(meaning: Meaning) -> str:
    said = _ROLES[meaning.role].format(of="?" if meaning.of is None else meaning.of + 1)
    signs = [_sign(sign) for sign in meaning.signs]
    because = "; ".join(([_CAUSES[meaning.cause]] if meaning.cause is not None else []) + signs)
    return f"{said} ({because})" if because else said


def _sign(sign: Sign) -> str:
    match sign:
        case BelowNext():
            return "sequence number one below the next"
        case TimerSeen(timer):
            return f"{timer} timer ran"
        case WindowSeen(window, packet):
            return f"window {window} in packet {packet + 1}"
        case Windows(now, before):
            return f"window {now}, before {before}"
        case CounterGrowth(name, by):
            return f"{name.rpartition('.')[2]} grew by {by}"


def _turned_away(found: TurnedAway) -> str:
    what = "drops of its socket" if found.counter == "drops" else found.counter.rpartition(".")[2]
    how = "dropped at its socket" if found.had_come_in else "not let in by the receiver's kernel"
    if found.is_certain:
        return f"{how} ({what} grew by {found.by})"
    among = ", ".join(str(number + 1) for number in found.among)
    return f"{found.by} of packets {among} {how} ({what} grew by {found.by})"
