"""A TCP connection whose two ends are one: a client that asked for its own port, where nobody listened."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.model.events import Observed, PacketCaptured
from sockviz.model.moment import Moment
from sockviz.model.segments import endpoint
from sockviz.model.values import Address
from sockviz.model.world import World
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import address_text


def after(event: Observed, moment: Moment) -> Iterator[Mistake]:
    """Connections among the rows that were seen."""
    for row in event.rows:
        if row.protocol != "TCP" or row.peer is None or row.local != row.peer:
            continue
        process = moment.after.owner_of(row.inode)
        if process is not None:
            yield _told(process, endpoint(row.local) or row.local)


def crossed(event: PacketCaptured, world: World) -> Iterator[Mistake]:
    """A SYN that has met itself, and is answered as one that has crossed another's (RFC 9293, figure 5). A program that does not
    wait for its handshake may be over before anybody looks."""
    packet = event.packet
    if packet.source != packet.destination or packet.tcp is None or not {"SYN", "ACK"} <= {*packet.tcp.flags}:
        return
    if event.sender in world.processes:
        yield _told(event.sender, packet.source)


def connected(call: Call, world: World) -> Iterator[Mistake]:
    """A connect that has come back, where the kernel then said that the socket has the very name that it was to reach. A
    connection that is over before anybody looks is known so."""
    held, target = call.receiver, call.target
    if call.name not in CONNECTING or call.error is not None or held is None or held.type != "SOCK_STREAM":
        return
    name = world.names.get(held.inode)
    if (
        name is not None
        and name.told_by == "getsockname"
        and target is not None
        and endpoint(name.address) == target
    ):
        yield _told(call.process, target)


def _told(process: str, address: Address) -> Mistake:
    return Mistake(
        "to itself", (process, address), process,
        _("a connection of {process} goes from {address} to {address}").format(process=process, address=address_text(address)),
        _("bound or given by the kernel, its own port is the very one that it calls; nobody listened there"),
        _("bind no client there, and take for the server a port below those that the kernel gives (ip_local_port_range)"),
    )  # fmt: skip
