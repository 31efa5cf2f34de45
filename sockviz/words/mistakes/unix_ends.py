"""Which UNIX socket is at the other end of a connection, before the kernel was looked at, too. No packet tells of one: whoever is
accepted is the one that had connected to that name, where there was no other."""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.call import CONNECTING
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.moment import Moment
from sockviz.model.segments import Endpoint
from sockviz.model.values import SocketValue
from sockviz.words.mistakes.named_sockets import place_in

#: As many are remembered.
_MOST = 4096


@dataclass(slots=True)
class UnixEnds:
    """Learns from events."""

    _bound: dict[int, Endpoint] = field(default_factory=dict)
    _calling: dict[int, Endpoint] = field(default_factory=dict)  # whom nobody has accepted yet

    def learn(self, moment: Moment) -> tuple[int, int] | None:
        """Learns from an event. Returns the two ends of a connection that was accepted, by their inodes."""
        match moment.event:
            case CallEntered(name=name, arguments=(SocketValue(family="AF_UNIX") as held, address)):
                place = place_in(held, address)
                if place is not None and name in CONNECTING:
                    _keep(self._calling, held.inode, place)
                elif place is not None and name == "bind":
                    _keep(self._bound, held.inode, place)
            case CallReturned(error=str()) as event if self._calling:
                call = moment.call(event.process, event.call)
                if call is not None and call.receiver is not None and call.name in CONNECTING:
                    self._calling.pop(call.receiver.inode, None)
            case CallReturned(value=(SocketValue(family="AF_UNIX") as made, _), error=None) as event if (
                self._calling
            ):
                call = moment.call(event.process, event.call)
                if call is None or call.receiver is None or call.name != "accept":
                    return None
                place = self._bound.get(call.receiver.inode)
                clients = [inode for inode, called in self._calling.items() if called == place]
                for inode in clients[:1]:
                    del self._calling[inode]
                if len(clients) == 1:
                    return made.inode, clients[0]
        return None


def _keep(places: dict[int, Endpoint], inode: int, place: Endpoint) -> None:
    places[inode] = place
    if len(places) > _MOST:
        places.pop(next(iter(places)))
