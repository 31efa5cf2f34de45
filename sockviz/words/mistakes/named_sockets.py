"""Sockets of streams that programs have given a name, and whether they listen: as their calls returned, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from sockviz.dataclass import dataclass
from sockviz.model.call import Call
from sockviz.model.events import CallEntered, CallHeld, CallLetGo, CallReturned, ProcessEnded
from sockviz.model.moment import Moment
from sockviz.model.segments import Endpoint, endpoint
from sockviz.model.values import SocketValue
from sockviz.model.world import World

#: Addresses that stand for all of a family; that of IPv6 for those of IPv4, too, unless its socket was told otherwise.
ALL4, ALL6 = "0.0.0.0", "::"
#: Kinds of sockets to which clients connect.
LISTENING = frozenset({"SOCK_STREAM", "SOCK_SEQPACKET"})
#: As many are remembered.
_MOST = 4096


def place_in(held: SocketValue | None, address: object) -> Endpoint | None:
    """The address and port that a bind gives a socket, or its connect goes to. Of a UNIX socket its name and 0: abstract, or a
    path as the program gave it (programs are taken to stay where they were started)."""
    if held is None or held.family != "AF_UNIX":
        return endpoint(address)
    match address:
        case str() if address:
            return address, 0
        case bytes() if address.startswith(b"\0"):
            return address.decode("utf-8", "backslashreplace"), 0
    return None


@dataclass(frozen=True, slots=True)
class Named:
    """One such socket. ``asked``: listen was entered; ``listens``: it has returned."""

    process: str
    host: str
    inode: int
    fd: int
    end: Endpoint
    family: str
    asked: bool = False
    listens: bool = False

    def is_at(self, end: Endpoint) -> bool:
        """Whether a connection to `end` is one to this socket. True, too, where that hangs on an option."""
        address, port = end
        return port == self.end[1] and (
            self.end[0] == address or self.end[0] == ALL6 or (self.end[0] == ALL4 and ":" not in address)
        )


@dataclass(slots=True)
class NamedSockets:
    """Learns from events. A socket that anybody has closed, or that went with its process, is none any more: who else has it is
    not known for sure."""

    _named: dict[int, Named] = field(default_factory=dict)
    _listening: dict[tuple[str, int], int] = field(default_factory=dict)  # of calls of listen the socket
    _under_way: set[tuple[str, int]] = field(default_factory=set)  # calls, by process and number

    def __iter__(self) -> Iterator[Named]:
        return iter(self._named.values())

    def learn(self, moment: Moment) -> Named | None:
        """Learns from an event. Returns a socket that listens from now on."""
        match moment.event:
            case CallEntered(process=name, call=number, name="bind" | "listen" | "getsockname") as event:
                self._under_way.add((name, number))
                match event.arguments:
                    case (SocketValue(inode=inode), *_) if event.name == "listen":
                        self._listening[name, number] = inode
                        self._ask(inode, True)
            case CallHeld(process=name, call=number) if (name, number) in self._listening:
                self._ask(self._listening[name, number], False)  # it is not made yet
            case CallLetGo(process=name, call=number) if (name, number) in self._listening:
                self._ask(self._listening[name, number], True)
            case CallEntered(name="close" | "connect", arguments=(SocketValue(inode=inode), *_)):
                self._named.pop(inode, None)  # whoever calls out from it does not mean to listen there
            case ProcessEnded(process=name):
                for inode in [each.inode for each in self if each.process == name]:
                    del self._named[inode]
            case CallReturned(process=name, call=number) as event if (name, number) in self._under_way:
                self._under_way.remove((name, number))
                self._listening.pop((name, number), None)
                call = moment.call(name, number) if event.error is None else None
                return self._returned(call, moment.after) if call is not None else None
        return None

    def _ask(self, inode: int, asked: bool) -> None:
        if inode in self._named:
            self._named[inode] = replace(self._named[inode], asked=asked)

    def _returned(self, call: Call, world: World) -> Named | None:
        process, held, end = world.processes[call.process], call.receiver, _end_of(call)
        if held is None or held.type not in LISTENING:
            return None
        if call.name != "listen" and end is not None and (end[1] or held.family == "AF_UNIX"):
            before = self._named.get(held.inode)
            if (before is not None or call.name == "bind") and len(self._named) < _MOST:
                known = before or Named(process.name, process.host, held.inode, held.fd, end, held.family)
                self._named[held.inode] = replace(known, end=end)
        elif call.name == "listen" and held.inode in self._named:
            self._named[held.inode] = listening = replace(self._named[held.inode], asked=True, listens=True)
            return listening
        return None


def _end_of(call: Call) -> Endpoint | None:
    """The name that a bind gave, or that getsockname told."""
    if call.name == "getsockname":
        return endpoint(call.value)
    return place_in(call.receiver, call.arguments[1]) if len(call.arguments) > 1 else None
