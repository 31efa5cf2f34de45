"""A datagram that reaches nobody, where a socket was meant that has another address, or another order of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.events import CallEntered, CallReturned, PacketCaptured, ProcessEnded
from sockviz.model.moment import Moment
from sockviz.model.segments import Endpoint, endpoint
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words.icmp_meanings import PORT_UNREACHABLE
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.named_sockets import Named
from sockviz.words.wording import address_text

#: As many sockets are remembered.
_MOST = 1024


@dataclass(slots=True)
class Datagrams:
    """Learns who is bound where; says what was meant when an answer comes that nobody is."""

    _bound: dict[int, Named] = field(default_factory=dict)

    def after(self, moment: Moment) -> Iterator[Mistake]:
        """What an event shows."""
        match moment.event:
            case CallReturned(error=None, value=None) as event:
                call = moment.call(event.process, event.call)
                if call is not None and call.name == "bind":
                    self._named(call, moment.after)
            case CallEntered(name="close", arguments=(SocketValue(inode=inode), *_)):
                self._bound.pop(inode, None)
            case ProcessEnded(process=name):
                for inode in [inode for inode, each in self._bound.items() if each.process == name]:
                    del self._bound[inode]
            case PacketCaptured() as event if self._bound and event.packet.icmp is not None:
                icmp = event.packet.icmp
                if (icmp.type, icmp.code) in PORT_UNREACHABLE and icmp.quoted is not None:
                    yield from self._unreachable(event.receiver, icmp.quoted[1], moment.after)

    def _named(self, call: Call, world: World) -> None:
        held, end = call.receiver, endpoint(call.arguments[1]) if len(call.arguments) > 1 else None
        process = world.processes.get(call.process)
        if held is None or held.type != "SOCK_DGRAM" or end is None or not end[1] or process is None:
            return
        if len(self._bound) < _MOST:
            self._bound[held.inode] = Named(process.name, process.host, held.inode, held.fd, end, held.family)

    def _unreachable(self, client: str, target: Endpoint, world: World) -> Iterator[Mistake]:
        process = world.processes.get(client)
        if process is None:
            return
        near = [each for each in self._bound.values() if each.host == process.host]
        if any(each.is_at(target) for each in near):
            return  # it is there by now
        meant = (target[1] & 0xFF) << 8 | target[1] >> 8
        for each in near:
            cause = remedy = ""
            if each.end[1] == target[1]:
                cause = _("{server} has bound that port, but at {address} only").format(
                    server=each.process, address=address_text(each.end)
                )
                remedy = _("send to {address}, or bind to the address that clients use").format(
                    address=address_text(each.end)
                )
            elif meant != target[1] and each.is_at((target[0], meant)):
                cause = _(
                    "{server} has bound port {meant}, and {port} is the same two bytes the other way round"
                ).format(server=each.process, meant=meant, port=target[1])
                remedy = _(
                    "one of the two has a port in the machine's own order of bytes: "
                    "C's sin_port takes htons(port), Python's connect and bind the number"
                )
            if cause:
                yield Mistake(
                    "datagram elsewhere", (client, target, each.end), client,
                    _("a datagram of {client} to {address} reaches nobody").format(
                        client=client, address=address_text(target)
                    ),
                    cause, remedy,
                )  # fmt: skip
                return
