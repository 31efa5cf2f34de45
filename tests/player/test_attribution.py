"""Whose packet it is, where more than one process could say that it is theirs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sockviz.lab.lab import Observation
from sockviz.model.events import CallEntered, CallReturned, ProcessEnded
from sockviz.model.hosts import KERNEL
from sockviz.model.segments import Endpoint, Packet, TcpHeader
from sockviz.model.sockets import FdEntry, ProcessRow, SocketRow, State
from sockviz.model.values import SocketValue
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


# --- one connection, of a listener at 8080 that two processes have -------------------------------------------------------

CLIENT = ("127.0.0.1", 4001)
ORDER = {"server": 0, "worker": 1, "client": 2}
LISTENER, CONN, A = (
    SocketValue(inode, fd, "AF_INET", "SOCK_STREAM", 0) for inode, fd in ((11, 3), (20, 4), (30, 3))
)


def look(*rows: SocketRow, at: float = 1.0, **held: tuple[int, ...]) -> Observation:
    """One look: rows, and which sockets each process has."""
    processes = [
        ProcessRow(
            name, "S", tuple(FdEntry(n, f"socket:[{inode}]", inode) for n, inode in enumerate(inodes, 3))
        )
        for name, inodes in held.items()
    ]
    return Observation(at, "lab", rows, processes)


def held_by(process: str, inode: int) -> list[ProcessRow]:
    return [ProcessRow(process, "S", (FdEntry(3, f"socket:[{inode}]", inode),))]


def sender(attribution: Attribution, at: float, *flags: str, source: Endpoint = SERVER) -> str:
    there = CLIENT if source == SERVER else SERVER
    packet = Packet(at, "AF_INET", "TCP", source, there, 0, 64, 60, TcpHeader(flags, 1, 0, 0, 0, 0))
    return attribution.of(packet)[0]


def accepted_by_the_worker(learned: Attribution) -> Attribution:
    """The server made the listener; the worker, its child, accepts at 3.0."""
    learned.heard(CallReturned(0.5, "server", 1, LISTENER))
    learned.saw([look(row(State.LISTEN, 11), server=(11,), worker=(11,))], ORDER)
    learned.heard(CallEntered(1.0, "worker", 1, 4, "accept", "socket.socket.accept", (LISTENER,)))
    return learned


def test_until_accept_has_returned_a_connection_it_is_its_listeners_maker_that_speaks() -> None:
    established = row(State.ESTABLISHED, 20, 0, CLIENT)
    for seen_first in (False, True):  # the descriptor may be seen before accept's word comes
        learned = accepted_by_the_worker(Attribution({"127.0.0.1": "lab"}))
        if seen_first:
            learned.saw([look(row(State.LISTEN, 11), established, server=(11,), worker=(11, 20))], ORDER)
            assert sender(learned, 2.0, "SYN", "ACK") == "server"
        learned.heard(CallReturned(3.0, "worker", 1, (CONN, CLIENT)))
        learned.saw([look(row(State.LISTEN, 11), established, server=(11,), worker=(11, 20))], ORDER)
        assert sender(learned, 2.0, "SYN", "ACK") == "server"
        assert sender(learned, 3.5, "PSH", "ACK") == "worker"


def test_what_another_thread_is_given_meanwhile_was_not_accepted() -> None:
    other = SocketValue(21, 5, "AF_INET", "SOCK_STREAM", 0)
    learned = accepted_by_the_worker(Attribution({"127.0.0.1": "lab"}))
    learned.heard(CallEntered(2.0, "worker", 2, 4, "socket", "socket.socket", (), task=1))
    learned.heard(CallReturned(2.1, "worker", 2, other))
    learned.heard(CallReturned(3.0, "worker", 1, (CONN, CLIENT)))
    for inode, early in ((21, "worker"), (20, "server")):
        connected = row(State.ESTABLISHED, inode, 0, CLIENT)
        seen = [look(row(State.LISTEN, 11), connected, server=(11,), worker=(11, inode))]
        learned.saw(seen, ORDER)
        assert sender(learned, 2.05, "PSH", "ACK") == early
        learned.saw([look(row(State.LISTEN, 11), server=(11,), worker=(11,))], ORDER)
        learned.settle()


def test_no_more_calls_are_remembered_than_can_have_sent_what_is_still_to_be_told_of() -> None:
    learned = Attribution({"127.0.0.1": "lab"})
    for n in range(100):
        learned.heard(CallEntered(n, "client", n, 4, "connect", "socket.socket.connect", (A, SERVER)))
        assert sender(learned, n + 0.1, "SYN", source=CLIENT) == "client"
        if n != 7:  # which it never comes back from
            learned.heard(CallReturned(n + 0.2, "client", n, None))
        learned.saw([look(at=n + 0.3)], ORDER)
        learned.settle()
    assert len(learned._speaking._calls) <= 3
    learned.heard(ProcessEnded(101.0, "client", 0))
    for at in (102.0, 103.0):
        learned.saw([look(at=at)], ORDER)
        learned.settle()
    assert not learned._speaking._calls


def test_a_socket_whose_maker_has_ended_is_its_heirs() -> None:
    learned = accepted_by_the_worker(Attribution({"127.0.0.1": "lab"}))
    learned.heard(ProcessEnded(2.0, "server", 0))
    waiting = row(State.ESTABLISHED, 0, 0, CLIENT)
    learned.saw([look(row(State.LISTEN, 11, 1), waiting, worker=(11,))], ORDER)
    assert sender(learned, 2.5, "SYN", "ACK") == "worker"


def test_a_connection_that_waits_goes_with_its_listener() -> None:
    """To whoever has that when its maker has ended, or closed it; and what was sent before that stays whose it was."""
    waiting, listens = row(State.ESTABLISHED, 0, 0, CLIENT), row(State.LISTEN, 11, 1)
    for gone in (
        ProcessEnded(2.0, "server", 0),
        CallEntered(2.0, "server", 2, 5, "close", "close", (LISTENER,)),
    ):
        learned = accepted_by_the_worker(Attribution({"127.0.0.1": "lab"}))
        learned.saw([look(listens, waiting, server=(11,), worker=(11,), at=1.5)], ORDER)
        assert sender(learned, 1.4, "SYN", "ACK") == "server"
        learned.settle()
        learned.heard(gone)
        learned.saw([look(listens, waiting, server=(), worker=(11,), at=3.0)], ORDER)
        assert [sender(learned, at, "ACK") for at in (1.9, 2.1)] == ["server", "worker"]
        learned.settle()
        learned.saw([look(listens, waiting, server=(), worker=(11,), at=4.0)], ORDER)
        assert sender(learned, 3.5, "ACK") == "worker"
        learned.heard(CallReturned(5.0, "worker", 1, (CONN, CLIENT)))
        learned.saw([look(listens, row(State.ESTABLISHED, 20, 0, CLIENT), worker=(11, 20), at=6.0)], ORDER)
        learned.settle()
        learned.heard(CallEntered(7.0, "worker", 3, 6, "close", "close", (LISTENER,)))
        learned.saw([look(row(State.ESTABLISHED, 20, 0, CLIENT), worker=(20,), at=8.0)], ORDER)
        assert sender(learned, 7.5, "PSH", "ACK") == "worker"  # accepted: it goes its own way


def test_what_was_sent_before_a_socket_changed_hands_was_sent_by_who_had_it_then() -> None:
    """Send and close together, of a socket that a child has, too: of a connection, and of a port."""
    bound = SocketRow(
        "AF_INET", "SOCK_DGRAM", "UDP", State.UNCONNECTED, ("127.0.0.1", 53), None, 0, 0, 31, 0, 0
    )
    for closes in (SocketValue(20, 4, "AF_INET", "SOCK_STREAM", 0), 3):
        learned = Attribution({"127.0.0.1": "lab"})
        rows = row(State.ESTABLISHED, 20, 0, CLIENT), bound
        learned.saw([look(*rows, server=(20, 31), worker=(20, 31))], ORDER)
        learned.settle()
        learned.heard(CallEntered(2.0, "server", 1, 5, "close", "close", (closes,)))
        learned.heard(CallEntered(2.0, "server", 2, 5, "close", "close", (4,)))
        learned.saw([look(*rows, server=(), worker=(20, 31), at=3.0)], ORDER)
        assert [sender(learned, at, "PSH", "ACK") for at in (1.9, 2.1)] == ["server", "worker"]
        sent = [
            Packet(at, "AF_INET", "UDP", ("127.0.0.1", 53), ("127.0.0.1", 54), 5, 64, 33) for at in (1.9, 2.1)
        ]
        assert [learned.of(packet)[0] for packet in sent] == ["server", "worker"]


def test_an_end_whose_row_is_gone_is_nobodys() -> None:
    """Its FIN or RST came before the look that misses it; what answers later is the kernel, of no socket."""
    learned = accepted_by_the_worker(Attribution({"127.0.0.1": "lab"}))
    learned.heard(CallReturned(3.0, "worker", 1, (CONN, CLIENT)))
    learned.saw(
        [look(row(State.LISTEN, 11), row(State.ESTABLISHED, 20, 0, CLIENT), server=(11,), worker=(11, 20))],
        ORDER,
    )
    learned.settle()
    learned.saw([look(row(State.LISTEN, 11), server=(11,), worker=(11,))], ORDER)
    assert sender(learned, 4.0, "RST", "ACK") == "worker"
    learned.settle()
    assert sender(learned, 4.5, "RST") == KERNEL
    # And the same ends may be a new connection's.
    learned.saw(
        [look(row(State.LISTEN, 11, 1), row(State.ESTABLISHED, 0, 0, CLIENT), server=(11,), worker=(11,))],
        ORDER,
    )
    assert sender(learned, 5.0, "SYN", "ACK") == "server"


def test_one_port_on_two_hosts_is_two() -> None:
    def bound(inode: int, address: str) -> SocketRow:
        return SocketRow(
            "AF_INET", "SOCK_DGRAM", "UDP", State.UNCONNECTED, (address, 53), None, 0, 0, inode, 0, 0
        )

    learned = Attribution({"10.0.0.1": "client", "10.0.0.2": "server"})
    looks = [
        Observation(1.0, host, [bound(inode, "0.0.0.0")], held_by(host, inode))
        for host, inode in (("client", 31), ("server", 32))
    ]
    for order in (looks, looks[::-1]):
        learned.saw(order, ORDER)
        query = Packet(2.0, "AF_INET", "UDP", ("10.0.0.1", 53), ("10.0.0.2", 53), 5, 64, 33)
        assert learned.of(query) == ("client", "server")


def test_what_is_for_a_group_is_for_nobody_before_somebody_joins_it() -> None:
    """And then for all that have the port at that address, or at every; for whoever has it at another one never."""

    def bound(inode: int, address: str, waiting: int = 0) -> SocketRow:
        return SocketRow(
            "AF_INET", "SOCK_DGRAM", "UDP", State.UNCONNECTED, (address, 53), None, waiting, 0, inode, 0, 0
        )

    def receiver(learned: Attribution, group: str = "239.1.2.3") -> str:
        return learned.of(Packet(9.0, "AF_INET", "UDP", ("127.0.0.1", 54), (group, 53), 5, 64, 33))[1]

    learned = Attribution({"127.0.0.1": "lab"})
    learned.saw([look(bound(31, "0.0.0.0"), server=(31,))], ORDER)
    assert receiver(learned) == KERNEL
    assert receiver(learned, "224.0.0.1") == receiver(learned, "127.255.255.255") == "server"
    held = SocketValue(31, 3, "AF_INET", "SOCK_DGRAM", 0)
    learned.heard(CallEntered(2.0, "server", 1, 4, "setsockopt", "socket.setsockopt", (held, 0, 35, b"")))
    assert receiver(learned) == "server"
    learned.saw([look(bound(31, "0.0.0.0"), bound(32, "239.1.2.3"), server=(31,), worker=(32,))], ORDER)
    learned.settle()
    learned.saw([look(bound(31, "0.0.0.0", 8), bound(32, "239.1.2.3", 8), server=(31,), worker=(32,))], ORDER)
    assert receiver(learned) == KERNEL  # both have it
    learned = Attribution({"127.0.0.1": "lab"})
    learned.heard(CallEntered(2.0, "server", 1, 4, "setsockopt", "socket.setsockopt", (held, 0, 35, b"")))
    learned.saw([look(bound(31, "127.0.0.1"), server=(31,))], ORDER)
    assert receiver(learned) == KERNEL


def test_what_is_sent_to_an_address_of_ipv6_is_for_no_listener_of_ipv4() -> None:
    """Both have every address; of IPv4 the one that has no other comes first."""
    attribution = Attribution()
    processes = [
        ProcessRow(name, "S", (FdEntry(3, f"socket:[{inode}]", inode),))
        for name, inode in (("four", 11), ("six", 12))
    ]
    four = replace(row(State.LISTEN, 11), local=("0.0.0.0", 8080))
    six = replace(row(State.LISTEN, 12), family="AF_INET6", local=("::", 8080, 0, 0))
    ends: dict[str, tuple[Endpoint, Endpoint]] = {
        "six": (("::1", 8080), ("::1", 4001)), "four": (SERVER, ("127.0.0.1", 4002)),
    }  # fmt: skip
    waiting = [replace(row(State.ESTABLISHED, 0, 0, there), local=here) for here, there in ends.values()]
    attribution.saw([Observation(1.0, "lab", [four, six], processes)], {"four": 0, "six": 1})
    attribution.saw([Observation(2.0, "lab", [four, six, *waiting], processes)], {"four": 0, "six": 1})
    header = TcpHeader(("SYN", "ACK"), 1, 0, 0, 0, 0)
    for name, (here, there) in ends.items():
        family = "AF_INET6" if ":" in here[0] else "AF_INET"
        packet = Packet(1.0, family, "TCP", here, there, 0, 64, 60, header)
        assert attribution.of(packet)[0] == name
