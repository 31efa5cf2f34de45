"""Whose packet it is, where more than one process could say that it is theirs."""

from __future__ import annotations

from collections import Counter

from sockviz.lab.lab import Observation
from sockviz.model.hosts import KERNEL
from sockviz.model.segments import Endpoint, Packet, TcpHeader
from sockviz.model.sockets import FdEntry, ProcessRow, SocketRow, State
from sockviz.model.world import World
from sockviz.player.attribution import Attribution
from tests.player.lessons import lesson_text, performed

SHARED = """
```python @{name}
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind((HOST, PORT))
s.listen(8)
```
"""
CLIENTS = 6
SERVER = ("127.0.0.1", 8080)


def whose(world: World, label: str) -> Counter[str]:
    return Counter(seen.event.sender for seen in world.packets if seen.event.packet.label == label)


def test_a_handshake_is_the_listeners_in_whose_queue_the_connection_waits() -> None:
    """Two processes listen at one port, and the kernel chooses: the queues tell which, before anybody accepts."""
    connects = "".join(  # each with a look of its own, as for a reader who presses space
        f"```python @client\nc{n} = socket.socket()\nc{n}.connect((HOST, PORT))\n```\n\n"
        f'```expect\nclient.c{n}.state == "ESTABLISHED"\n```\n\n'
        for n in range(CLIENTS)
    )
    world = performed(lesson_text(SHARED.format(name="one") + SHARED.format(name="two"), connects))
    waiting = {
        world.owner_of(row.inode): row.recv_q for row in world.rows.values() if row.state is State.LISTEN
    }
    assert set(waiting) == {"one", "two"}
    assert sum(waiting.values()) == CLIENTS
    assert whose(world, "SYN+ACK") == Counter({name: n for name, n in waiting.items() if n})
    received = Counter(seen.event.receiver for seen in world.packets if seen.event.packet.label == "SYN")
    assert received == whose(world, "SYN+ACK")


def row(state: State, inode: int, waiting: int = 0, peer: Endpoint | None = None) -> SocketRow:
    return SocketRow("AF_INET", "SOCK_STREAM", "TCP", state, SERVER, peer, waiting, 8, inode, 0, 0)


def seen(one: int, two: int, *clients: int) -> Observation:
    """One look: how many wait at the listeners of the two processes, and the ports of the clients whose connections wait."""
    processes = [
        ProcessRow(name, "S", (FdEntry(3, f"socket:[{inode}]", inode),))
        for name, inode in (("one", 11), ("two", 12))
    ]
    rows = [row(State.LISTEN, 11, one), row(State.LISTEN, 12, two)]
    rows += [row(State.ESTABLISHED, 0, 0, ("127.0.0.1", port)) for port in clients]
    return Observation(1.0, "lab", rows, processes)


def answer_to(attribution: Attribution, client: int) -> str:
    header = TcpHeader(("SYN", "ACK"), 1, 0, 0, 0, 0)
    packet = Packet(1.0, "AF_INET", "TCP", SERVER, ("127.0.0.1", client), 0, 64, 60, header)
    return attribution.of(packet)[0]


def test_where_the_queues_do_not_tell_it_is_the_kernels() -> None:
    attribution = Attribution()
    for look in (
        seen(0, 0),
        seen(1, 0, 4001),
        seen(2, 1, 4001, 4002, 4003),
        seen(2, 2, 4001, 4002, 4003, 4004),
    ):
        attribution.saw([look], {"one": 0, "two": 1})
    told = [answer_to(attribution, client) for client in (4001, 4002, 4003)]
    assert told == ["one", KERNEL, KERNEL]
