"""Which socket is at the other end of a connection, before the kernel was looked at, too: from calls, and from the SYN."""

from __future__ import annotations

from dataclasses import field
from itertools import chain, islice

from sockviz.dataclass import dataclass
from sockviz.model.call import CONNECTING, Call
from sockviz.model.events import CallReturned, PacketCaptured
from sockviz.model.moment import Moment
from sockviz.model.segments import Endpoint, endpoint, wire_end
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import whose
from sockviz.words.mistakes.unix_ends import UnixEnds

#: As many connections are remembered, and so many calls back the connect of a SYN is looked for.
_MOST, _RECENT = 4096, 64


@dataclass(slots=True)
class EndMistakes:
    """Learns from events."""

    _unix: UnixEnds = field(default_factory=UnixEnds)
    _pairs: dict[int, int] = field(default_factory=dict)  # of socketpair, or both UNIX sockets
    _clients: dict[Endpoint, int] = field(default_factory=dict)  # who connected, by the name that the SYN had
    _names: dict[int, Endpoint] = field(default_factory=dict)  # that name, by both ends of the connection
    _accepted: dict[Endpoint, int] = field(default_factory=dict)  # what was accepted from that name

    def learn(self, moment: Moment) -> None:
        """Learns from an event."""
        pair = self._unix.learn(moment)
        if pair is not None:
            self._pairs |= {pair[0]: pair[1], pair[1]: pair[0]}
        match moment.event:
            case (
                CallReturned(
                    process=name, call=number, error=None, value=(SocketValue() as one, other)
                ) as event
            ):
                call = moment.call(name, number)
                if isinstance(other, SocketValue):
                    self._pairs |= {one.inode: other.inode, other.inode: one.inode}
                elif (
                    call is not None
                    and call.name == "accept"
                    and (peer := wire_end(endpoint(other))) is not None
                ):
                    self._accepted[peer] = one.inode
                    self._names[one.inode] = peer
            case PacketCaptured(sender=str(name)) as event if event.packet.label == "SYN":
                process = moment.after.processes.get(name)
                calls = (
                    (process.under_way, islice(reversed(process.calls), _RECENT))
                    if process is not None
                    else ()
                )
                found = {held for call in chain(*calls) if (held := self._connects(call, event))}
                if len(found) == 1 and event.packet.source is not None:
                    (inode,) = found
                    self._clients[event.packet.source] = inode
                    self._names[inode] = event.packet.source
        for known in (self._pairs, self._clients, self._names, self._accepted):
            if len(known) > _MOST:
                known.pop(next(iter(known)))  # type: ignore[call-overload]

    def _connects(self, call: Call, event: PacketCaptured) -> int:
        if call.name not in CONNECTING or call.receiver is None or call.receiver.inode in self._names:
            return 0
        return call.receiver.inode if wire_end(call.target) == event.packet.destination else 0

    def other(self, inode: int, world: World) -> int:
        """The socket at the other end of the one `inode`; 0 where that is not known."""
        if inode in self._pairs:
            return self._pairs[inode]
        known = whose.peer(world, inode)
        if known is not None:
            return known.inode
        name = self._names.get(inode)
        found = [of.get(name, 0) for of in (self._clients, self._accepted)] if name is not None else []
        return next((each for each in found if each and each != inode), 0)

    def at(self, here: Endpoint | None, there: Endpoint | None, world: World) -> int:
        """The socket of the end `here` of a connection with `there`; 0 where that is not known."""
        known = world.known_by(here, there) if here is not None and there is not None else None
        if known is not None:
            return known.inode
        if here in self._clients:
            return self._clients[here]
        return self._accepted.get(there, 0) if there is not None else 0
