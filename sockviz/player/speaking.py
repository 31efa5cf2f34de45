"""Who was inside a call that may send, and when: of a socket that no look has shown, that tells whose packet it was."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lab.hearing import Heard
from sockviz.model.call import CONNECTING, SENDING
from sockviz.model.events import CallEntered, CallReturned, ProcessEnded
from sockviz.model.segments import Endpoint, Packet, first_endpoint
from sockviz.model.values import SocketValue

#: What may make a packet while it is under way.
SPEAKING = SENDING | CONNECTING
#: A packet may be stamped so much later than the call that sent it is said to have returned (seconds).
_LATE = 0.001


@dataclass(slots=True)
class _Call:
    """One such call. ``target``: the address that it was given. ``kind``: its socket's type."""

    process: str
    name: str
    target: Endpoint | None
    kind: str
    entered: float
    returned: float | None = None


def may_speak(entered: CallEntered) -> bool:
    """Whether that call may tell whose a packet is."""
    if entered.name not in SPEAKING:
        return False
    held = _held(entered)
    return held is None or _may_tell(entered.name, held)


def _held(entered: CallEntered) -> SocketValue | None:
    return next((each for each in entered.arguments if isinstance(each, SocketValue)), None)


def _may_tell(name: str, held: SocketValue) -> bool:
    """Whether a call on that socket may: not on a stream that is connected, as what is sent there has its ends, nor on
    a UNIX socket, which sends none."""
    return held.family != "AF_UNIX" and (held.type != "SOCK_STREAM" or name in CONNECTING)


def _entered(call: _Call) -> float:
    return call.entered


@dataclass(slots=True)
class SpeakingCalls:
    """Learns from what processes say; to be told what need not be remembered any more."""

    _calls: dict[tuple[str, int], _Call] = field(default_factory=dict)
    _in_order: list[_Call] | None = None  # as they were entered; None: to be put in order again
    _ended: dict[str, float] = field(default_factory=dict)

    def heard(self, said: Heard) -> None:
        """Learns from what a process says."""
        match said:
            case CallEntered() if may_speak(said):
                held = _held(said)
                kind = held.type if held is not None else ""
                self._in_order = None
                self._calls[said.process, said.call] = _Call(
                    said.process, said.name, first_endpoint(said.arguments), kind, said.at
                )
            case CallReturned():
                call = self._calls.get((said.process, said.call))
                if call is not None:
                    call.returned = said.at
            case ProcessEnded():
                self._ended[said.process] = said.at

    def speaker(self, packet: Packet, target: Endpoint | None, names: Iterable[str], kind: str) -> str | None:
        """The process that was inside one of `names`, on a socket of this `kind`, when `packet` was sent to the port of `target`:
        of several that which entered its call last."""
        if self._in_order is None:
            self._in_order = sorted(self._calls.values(), key=_entered)
        before = bisect_right(self._in_order, packet.at, key=_entered)
        return next(
            (
                call.process
                for call in map(self._in_order.__getitem__, range(before - 1, -1, -1))
                if call.name in names
                and call.kind in (kind, "")
                and (call.returned is None or packet.at <= call.returned + _LATE)
                and (target is None or call.target is None or call.target[1] == target[1])
            ),
            None,
        )

    def forget(self, before: float) -> None:
        """All packets that are older than this have been told of."""
        for key in [key for key, call in self._calls.items() if self._over(call) < before]:
            del self._calls[key]
            self._in_order = None

    def _over(self, call: _Call) -> float:
        return call.returned if call.returned is not None else self._ended.get(call.process, float("inf"))
