"""TCP's state machine: every transition of RFC 9293, figure 5, in one table.

    CLOSED ──passive OPEN──▶ LISTEN ──rcv SYN──▶ SYN-RECEIVED ──rcv ACK of SYN──▶ ESTABLISHED
       └──active OPEN──▶ SYN-SENT ──rcv SYN,ACK──▶ ESTABLISHED
    the side that closes first:   ESTABLISHED ▶ FIN-WAIT-1 ▶ FIN-WAIT-2 (or CLOSING) ▶ TIME-WAIT ▶ CLOSED
    the other side:               ESTABLISHED ▶ CLOSE-WAIT ▶ LAST-ACK ▶ CLOSED

Triggers are what the user of TCP asks (OPEN, SEND, CLOSE: connect, send, close) or what is received; actions are what is
sent in answer. A RST may end any state; the figure leaves that out, and so does the table. Linux keeps a listener in
LISTEN and gives each connection a socket of its own, which begins in SYN-RECEIVED.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sockviz.dataclass import dataclass
from sockviz.model.sockets import State


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow of the figure. ``note``: 0, or the number of the figure's note that it stands in."""

    source: State
    target: State
    trigger: str
    action: str = ""
    note: int = 0

    @property
    def label(self) -> str:
        """``rcv FIN / snd ACK``."""
        return f"{self.trigger} / {self.action}" if self.action else self.trigger


_S = State

TRANSITIONS: tuple[Transition, ...] = (
    Transition(_S.CLOSED, _S.LISTEN, "passive OPEN", "create TCB"),
    Transition(_S.CLOSED, _S.SYN_SENT, "active OPEN", "snd SYN"),
    Transition(_S.LISTEN, _S.SYN_RECEIVED, "rcv SYN", "snd SYN,ACK"),
    Transition(_S.LISTEN, _S.SYN_SENT, "SEND", "snd SYN"),
    Transition(_S.LISTEN, _S.CLOSED, "CLOSE", "delete TCB"),
    Transition(_S.SYN_SENT, _S.SYN_RECEIVED, "rcv SYN", "snd SYN,ACK"),
    Transition(_S.SYN_SENT, _S.ESTABLISHED, "rcv SYN,ACK", "snd ACK"),
    Transition(_S.SYN_SENT, _S.CLOSED, "CLOSE", "delete TCB"),
    Transition(_S.SYN_RECEIVED, _S.ESTABLISHED, "rcv ACK of SYN"),
    Transition(_S.SYN_RECEIVED, _S.FIN_WAIT_1, "CLOSE", "snd FIN"),
    Transition(_S.SYN_RECEIVED, _S.LISTEN, "rcv RST", note=1),
    Transition(_S.ESTABLISHED, _S.FIN_WAIT_1, "CLOSE", "snd FIN"),
    Transition(_S.ESTABLISHED, _S.CLOSE_WAIT, "rcv FIN", "snd ACK"),
    Transition(_S.FIN_WAIT_1, _S.FIN_WAIT_2, "rcv ACK of FIN"),
    Transition(_S.FIN_WAIT_1, _S.CLOSING, "rcv FIN", "snd ACK"),
    Transition(_S.FIN_WAIT_1, _S.TIME_WAIT, "rcv FIN,ACK of FIN", "snd ACK", note=2),
    Transition(_S.FIN_WAIT_2, _S.TIME_WAIT, "rcv FIN", "snd ACK"),
    Transition(_S.CLOSE_WAIT, _S.LAST_ACK, "CLOSE", "snd FIN"),
    Transition(_S.CLOSING, _S.TIME_WAIT, "rcv ACK of FIN"),
    Transition(_S.LAST_ACK, _S.CLOSED, "rcv ACK of FIN"),
    Transition(_S.TIME_WAIT, _S.CLOSED, "2MSL timeout", "delete TCB"),
)

#: The states of the figure, in the order in which a reader meets them.
STATES: tuple[State, ...] = tuple(dict.fromkeys(t.source for t in TRANSITIONS))


def transition(source: State, target: State) -> Transition | None:
    """The arrow from `source` to `target`, where there is one."""
    return next((t for t in TRANSITIONS if (t.source, t.target) == (source, target)), None)


def route(source: State, target: State) -> tuple[Transition, ...] | None:
    """The shortest way from `source` to `target`, by the notes' arrows only where no other way leads; None where none does."""
    return _route(source, target, notes=False) or _route(source, target, notes=True)


def _route(source: State, target: State, *, notes: bool) -> tuple[Transition, ...] | None:
    ways: deque[tuple[Transition, ...]] = deque((t,) for t in _from(source, notes))
    reached = {source}
    while ways:
        way = ways.popleft()
        last = way[-1].target
        if last is target:
            return way
        if last not in reached:
            reached.add(last)
            ways.extend((*way, t) for t in _from(last, notes))
    return None


def _from(state: State, notes: bool) -> Iterator[Transition]:
    return (t for t in TRANSITIONS if t.source is state and (notes or not t.note))
