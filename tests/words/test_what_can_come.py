"""What a recv waits for on a socket of raw packets is told by its protocol: what a lesson's process may not make."""

from __future__ import annotations

from dataclasses import replace

from sockviz.model.call import Call, Origin, Stage
from sockviz.model.known import KnownSocket
from sockviz.model.linux.sockets import PROTOCOLS
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words.sleeping import why_asleep


def waits_for(protocol: str, peer: Endpoint | None = None) -> str:
    number = PROTOCOLS[protocol]
    held = SocketValue(7, 3, "AF_INET", "SOCK_RAW", number)
    row = SocketRow("AF_INET", "SOCK_RAW", "RAW", State.UNCONNECTED, ("0.0.0.0", number), peer, 0, 0, 7, 0, 0)
    world = replace(
        World(),
        rows={("lab", row.key): row},
        sockets={7: KnownSocket(7, "lab", "pinger", "AF_INET", "SOCK_RAW", number)},
    )
    return why_asleep(Call("pinger", 1, Origin(1), "recv", "recv", (held, 100), {}, 0.0, Stage.ASLEEP), world)


def test_a_raw_socket_is_given_all_of_its_protocol() -> None:
    told = "there is nothing to read yet: "
    assert waits_for("IPPROTO_ICMP") == told + "it is given every packet of ICMP that comes in"
    assert waits_for("IPPROTO_TCP", ("127.0.0.2", 0)) == (
        told + "it is given every packet of TCP from 127.0.0.2 that comes in"
    )
    assert waits_for("IPPROTO_RAW").endswith(": only packets whose protocol is 255 come to it")
