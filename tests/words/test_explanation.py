"""An error means something for the call it came from."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace

import pytest

from sockviz.model.call import Call, Origin, Stage
from sockviz.model.events import Observed, PacketCaptured, Signalled
from sockviz.model.fold import fold
from sockviz.model.known import KnownSocket
from sockviz.model.objects import ObjectValue
from sockviz.model.scripted import Scripted
from sockviz.model.segments import IcmpHeader
from sockviz.model.sockets import FdEntry, State, Timer
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.words.closing import closing
from sockviz.words.explanation import explain, told_by_call
from sockviz.words.next_send import Polled
from sockviz.words.readiness import only_the_end_waits
from sockviz.words.situation import Situation
from tests.tui.stage import scripted


def call(name: str, error: str, *arguments: Value, kind: str = "SOCK_STREAM") -> Call:
    held = SocketValue(1001, 3, "AF_INET", kind, 0)
    return Call(
        "server", 1, Origin(5), name, f"socket.{name}", (held, *arguments), {}, 0.0, Stage.FAILED, error=error
    )


def here(of: Call, world: World | None = None) -> str:
    told = explain(of, world or World())
    assert told is not None
    return told.here


def test_a_datagram_socket_neither_listens_nor_accepts() -> None:
    for name, cannot in (("listen", "let in"), ("accept", "take in")):
        said = here(call(name, "EOPNOTSUPP", kind="SOCK_DGRAM"))
        assert "is a datagram socket: each datagram comes by itself" in said
        assert said.endswith(f"so there is nobody to {cannot}")


def test_a_bound_port_refuses_for_another_reason_than_an_empty_one() -> None:
    connect = call("connect", "ECONNREFUSED", scripted.SERVER)
    assert here(connect) == "a RST answered: nothing listens on 127.0.0.1:8080"
    bound = scripted.view(scripted.listen_queue(), 12).world
    assert here(connect, bound) == "a RST answered: 127.0.0.1:8080 is bound, but nobody called listen on it"
    elsewhere = call("connect", "ECONNREFUSED", ("127.0.0.3", 8080))
    assert here(elsewhere, bound) == "a RST answered: nothing listens on 127.0.0.3:8080"


def test_a_refused_datagram_names_whom_it_was_for() -> None:
    refused = "an ICMP port unreachable answered an earlier datagram: no UDP socket has"
    row = scripted.row(State.CONNECTED, ("127.0.0.1", 40200), scripted.SERVER, inode=1001, protocol="UDP")
    world = replace(World(), rows={("lab", row.key): row})
    assert here(call("send", "ECONNREFUSED", b"x", kind="SOCK_DGRAM"), world) == f"{refused} 127.0.0.1:8080"
    assert here(call("send", "ECONNREFUSED", b"x", kind="SOCK_DGRAM")) == f"{refused} the address"


def test_an_address_in_use_names_its_holder() -> None:
    world = scripted.view(scripted.listen_queue(), 44).world
    bind = replace(
        call("bind", "EADDRINUSE", scripted.SERVER),
        arguments=(SocketValue(9, 7, "AF_INET", "SOCK_STREAM", 0), scripted.SERVER),
    )
    assert here(bind, world) == "127.0.0.1:8080 is taken: server's s (descriptor 3) listens there"
    nameless = {name: replace(process, names={}) for name, process in world.processes.items()}
    assert here(bind, replace(world, processes=nameless)) == (
        "127.0.0.1:8080 is taken: server's descriptor 3 listens there"
    )
    waiting = scripted.row(State.TIME_WAIT, scripted.SERVER, ("127.0.0.1", 5), timer=Timer.TIMEWAIT)
    assert here(bind, replace(World(), rows={("lab", waiting.key): waiting})) == (
        "127.0.0.1:8080 is taken: an old connection of it is still in TIME-WAIT"
    )
    both = [
        replace(
            scripted.row(State.TIME_WAIT, scripted.SERVER, ("127.0.0.1", port)),
            timer=Timer.TIMEWAIT,
            expires=at,
        )
        for port, at in ((5, 40.0), (6, 57.0))
    ]
    kept = replace(World(), rows={("lab", row.key): row for row in both})
    assert here(bind, kept) == (
        "127.0.0.1:8080 is taken: 2 old connections of it are still in TIME-WAIT, the last for another 57 s"
    )


def test_the_same_error_differs_by_call() -> None:
    world = scripted.view(scripted.listen_queue(), 44).world
    assert here(call("send", "EPIPE", b"x"), world) == "s only listens: it has no peer to send to"
    assert here(call("recv", "ENOTCONN", 10), world) == "s listens: read from what accept returns"
    for each in (call("send", "EPIPE", b"x"), call("recv", "ENOTCONN", 10), call("getpeername", "ENOTCONN")):
        told = explain(each, world)
        assert told is not None
        assert told.remedy == "use what accept returns: of each client that is a socket of its own"
    assert here(call("accept", "EAGAIN")) == "the accept queue of descriptor 3 is empty"
    assert here(call("recv", "EAGAIN", 1)) == "nothing waits in the receive queue of descriptor 3"
    assert (
        here(call("sendto", "EMSGSIZE", b"x" * 70000, scripted.SERVER))
        == "70000 bytes do not fit into one datagram: 65507 do at most"
    )


def test_nobody_reads_what_a_fresh_socket_sends() -> None:
    fresh_socket = KnownSocket(1001, "here", "server", "AF_INET", "SOCK_STREAM", 0)
    fresh = World(sockets={1001: fresh_socket})
    assert (
        here(call("send", "EPIPE", b"x"), fresh) == "descriptor 3 was never connected: nobody will read this"
    )
    ended = World(sockets={1001: replace(fresh_socket, peer=scripted.SERVER)})
    assert here(call("send", "EPIPE", b"x"), ended).startswith("the connection of descriptor 3 is over")


def test_an_urgent_byte_that_is_not_there_and_one_that_cannot_be() -> None:
    gone = here(call("recv", "EINVAL", 1, 0x41))
    assert gone == "no urgent byte waits at descriptor 3, or it was taken already"
    assert here(call("recv", "EINVAL", 1)) != gone
    never = here(call("sendto", "EOPNOTSUPP", b"now", 1, scripted.SERVER, kind="SOCK_DGRAM"))
    assert never == "descriptor 3 sends whole datagrams: no byte of one can be urgent"


def test_a_path_has_errors_of_its_own() -> None:
    unix = SocketValue(9, 7, "AF_UNIX", "SOCK_STREAM", 0)
    for error, told in (
        ("ENOENT", "there is no file door: no socket has been bound to that path"),
        ("ECONNREFUSED", "the path door exists, but no socket listens behind it"),
        ("EPROTOTYPE", "the socket behind door is of another type than descriptor 7"),
        ("EAGAIN", "the accept queue of door is full"),
    ):
        assert here(replace(call("connect", error), arguments=(unix, "door"))) == told
    assert here(replace(call("sendto", "EISCONN"), arguments=(unix, b"hi", "elsewhere"))) == (
        "descriptor 7 has a peer already: no address may be given beside it"
    )
    hatch = replace(call("connect", "ECONNREFUSED"), arguments=(unix, "\0hatch"))
    assert here(hatch) == "no socket has the name @hatch"


def test_a_descriptor_can_be_bad_for_one_call_only() -> None:
    """The reading end of a pipe is open, and cannot be written to."""
    world = scripted.view(scripted.listen_queue(), 12).world
    server = world.processes["server"]
    ends = (FdEntry(8, "pipe:[67]", 67), FdEntry(9, "pipe:[67]", 67))
    world = replace(world, processes={"server": replace(server, fds=(*server.fds, *ends))})
    write = replace(call("write", "EBADF"), arguments=(8, b"x"))
    assert here(write, world) == "descriptor 8 is open (pipe) to read only"
    assert here(replace(write, arguments=(10, b"x")), world) == "server has no open descriptor 10"


def test_an_error_that_means_nothing_special_here_is_told_in_the_systems_words() -> None:
    told = explain(replace(call("bind", "EXDEV"), message="Invalid cross-device link"), World())
    assert told is not None
    assert told.here == "Invalid cross-device link"


def test_what_did_not_fail_is_not_explained() -> None:
    assert explain(replace(call("bind", "EINVAL"), error=None), World()) is None


def test_the_manual_page_is_that_of_the_system_call() -> None:
    told = explain(call("sendall", "EPIPE", b""), World())
    assert told is not None
    assert (told.manual, told.number) == ("send(2)", errno.EPIPE)


def test_an_end_that_gives_up_says_what_was_not_answered() -> None:
    told = here(call("recv", "ETIMEDOUT", 100))
    assert told == "nothing came of its peer to descriptor 3 for too long"
    assert (
        here(call("connect", "ETIMEDOUT", scripted.SERVER)) == "every SYN to 127.0.0.1:8080 went unanswered"
    )


def test_an_address_without_a_way_may_still_have_a_route() -> None:
    """127.255.255.255 has one, for broadcasts: TCP may not take it."""
    told = here(call("connect", "ENETUNREACH", ("127.255.255.255", 8080)))
    assert told == "127.255.255.255:8080 is a broadcast address: a connection is with one host"


def test_an_address_whose_bytes_are_the_wrong_way_round_is_told_where_somebody_listens_at_the_other() -> None:
    world = scripted.view(scripted.listen_queue(), 44).world
    told = here(call("connect", "ENETUNREACH", ("1.0.0.127", 8080)), world)
    assert told.endswith("; its four bytes the other way round are 127.0.0.1, where somebody listens")
    other = here(call("connect", "ENETUNREACH", ("1.0.0.127", 8081)), world)
    assert other == "the routing table has no way to 1.0.0.127:8081 that this call may take"


def test_a_cause_that_was_found_leaves_no_room_for_a_usual_one() -> None:
    refused = explain(call("connect", "ECONNREFUSED", scripted.SERVER), World())
    assert refused is not None
    assert refused.at_large("a usual cause", "a remedy") == (("what to do", "a remedy"),)
    unknown = explain(replace(call("bind", "EXDEV"), message="Invalid cross-device link"), World())
    assert unknown is not None
    assert unknown.at_large("a usual cause", "a remedy") == (
        ("usual cause", "a usual cause"),
        ("what to do", "a remedy"),
    )


def test_what_helps_in_networks_is_not_advised_for_a_path() -> None:
    unix = SocketValue(9, 7, "AF_UNIX", "SOCK_STREAM", 0)
    taken = explain(replace(call("bind", "EADDRINUSE"), arguments=(unix, "door")), World())
    assert taken is not None
    said = " ".join(text for _title, text in taken.at_large("TIME-WAIT", "ss -tan and SO_REUSEADDR"))
    assert "unlink" in said
    assert "TIME-WAIT" not in said
    assert "ss -tan" not in said


def test_what_gave_up_is_told_of_a_connection_that_was_gone_before_its_call_returned() -> None:
    probing = scripted.row(
        State.ESTABLISHED,
        ("127.0.0.1", 40200),
        scripted.SERVER,
        inode=1001,
        timer=Timer.KEEPALIVE,
        retransmits=2,
    )
    seen = fold(World(), Observed(1.0, "lab", (probing,), (), (), {}))
    gone = fold(seen, Observed(2.0, "lab", (), (probing.key,), (), {}))
    for world in (seen, gone):
        assert "came to the keepalive probes" in here(call("recv", "ETIMEDOUT", 100), world)


def test_what_close_did_is_told_though_the_row_was_gone_before_it_returned() -> None:
    row = scripted.row(State.ESTABLISHED, ("127.0.0.1", 40200), scripted.SERVER, inode=1001)
    unread = replace(row, recv_q=5)
    seen = fold(World(), Observed(1.0, "lab", (unread,), (), (), {}))
    gone = fold(seen, Observed(2.0, "lab", (), (unread.key,), (), {}))
    of = replace(call("close", ""), entered=1.5, returned=2.5)
    assert "a RST goes out instead of a FIN" in closing(of, seen)
    assert closing(of, gone) == closing(of, seen)
    assert closing(replace(of, entered=2.2), gone) == ""  # what was gone before was not ended by it
    assert "5 bytes in its receive queue were never read" in closing(of, seen)
    one = fold(World(), Observed(1.0, "lab", (replace(row, recv_q=1),), (), (), {}))
    assert "1 byte in its receive queue was never read" in closing(of, one)


def test_of_a_pointer_to_nowhere_it_is_told_what_it_should_have_led_to() -> None:
    nowhere, some = ObjectValue("pointer", "0x8"), ObjectValue("pointer", "0x8, 16")
    for name, arguments, said in (
        ("bind", (some,), "0x8 (the address) with what follows, 16 in all, is not in the memory of server"),
        ("getsockname", (nowhere,), "0x8 (the buffer) is not in the memory of server"),
        ("sendto", (b"x", some), "0x8 (the address) with what follows, 16 in all, is not in the memory of server"),
        ("sendmsg", ([b"x", nowhere],), "0x8 (the message) is not in the memory of server"),
    ):  # fmt: skip
        failed = call(name, "EFAULT", *arguments)
        assert here(failed) == told_by_call(failed, World(), World()) == said
    assert here(replace(call("socketpair", "EFAULT"), message="Bad address")) == "Bad address"


def test_who_was_interrupted_is_told_by_which_signal() -> None:
    script = scripted.listen_queue()
    at = script.timeline.world.at
    failed = replace(call("recv", "EINTR", 4), entered=at, returned=at + 3, message="Interrupted system call")
    world = script.timeline.world
    for when, said in (
        (1, "SIGALRM came meanwhile"),
        (-1, "Interrupted system call"),
        (4, "Interrupted system call"),
    ):
        assert here(failed, fold(world, Signalled(at + when, "server", "SIGALRM"))) == said
    assert (
        here(failed, fold(world, Signalled(at + 1, "server", "SIGALRM", task=2))) == "Interrupted system call"
    )


def test_control_data_that_no_socket_has_memory_for() -> None:
    beside: list[Value] = [(1, 1, b"x" * 300_000)]
    assert here(call("sendmsg", "ENOBUFS", [b"x"], beside)) == (
        "300016 bytes of control data are more than a socket has memory for beside its data (net.core.optmem_max)"
    )
    nothing: list[Value] = []
    little: list[Value] = [(1, 1, b"x" * 4)]
    for few in (nothing, little):
        assert here(replace(call("sendmsg", "ENOBUFS", [b"x"], few), message="No buffer")) == "No buffer"


def test_a_host_is_unreachable_by_an_icmp_that_quotes_what_was_sent_to_it() -> None:
    """One about another's packet, one about a port, and ICMPv6's end of a hop limit (which has the number of ICMP's) say nothing
    of it."""
    ours, other = ("10.0.0.2", 40200), ("10.0.0.3", 40300)
    there, elsewhere = ("10.9.0.1", 80), ("10.9.0.7", 80)
    failed = call("recv", "EHOSTUNREACH", 100, kind="SOCK_DGRAM")
    row = scripted.row(State.CONNECTED, ours, there, inode=1001, protocol="UDP")

    def said(family: str, *messages: IcmpHeader) -> str:
        run = Scripted()
        run.start("server")
        run.observe(row)
        for sent in (there, elsewhere):
            run.segment("server", "client", ours, sent)
        for message in messages:
            run.segment("client", "server", ("10.0.0.254", 0), (ours[0], 0))
            event = run.timeline.events[-1]
            assert isinstance(event, PacketCaptured)
            run.say(
                replace(
                    event,
                    packet=replace(event.packet, family=family, protocol="ICMP", tcp=None, icmp=message),
                )
            )
        return here(failed, run.timeline.world)

    told = "an ICMP of 10.0.0.254 says that 10.9.0.1:80 cannot be reached"
    assert said("AF_INET", IcmpHeader(3, 1, (ours, there)), IcmpHeader(3, 1, (other, elsewhere))) == told
    assert said("AF_INET6", IcmpHeader(1, 3, (ours, there))) == told
    assert said("AF_INET", IcmpHeader(3, 1, (other, elsewhere))) == ""
    assert said("AF_INET", IcmpHeader(3, 3, (ours, there))) == ""
    assert said("AF_INET6", IcmpHeader(3, 0, (ours, there))) == ""


def test_of_a_connection_that_is_ended_only_the_end_waits_once_all_else_was_received() -> None:
    """The FIN counts as one byte of Recv-Q (net/ipv4/tcp_diag.c: rcv_nxt - copied_seq)."""
    asked = Polled(Situation(call("recv", "EAGAIN"), World()), None)

    def end_waits(state: State, received: int) -> bool:
        row = scripted.row(state, scripted.SERVER, ("127.0.0.1", 40000), inode=1001, queues=(received, 0))
        return only_the_end_waits(
            replace(asked, s=replace(asked.s, world=World(rows={("lab", row.key): row})))
        )

    assert [end_waits(State.CLOSE_WAIT, size) for size in (0, 1, 2, 4)] == [True, True, False, False]
    assert [end_waits(State.LAST_ACK, size) for size in (1, 4)] == [True, False]
    assert not end_waits(State.ESTABLISHED, 0)
    assert not end_waits(State.TIME_WAIT, 0)  # a row of it has no receive queue, and its socket may


def test_what_ss_has_ended_was_ended_from_outside() -> None:
    """sock_diag's SOCK_DESTROY: the call under way says ECONNABORTED, once; later ones, and the peer's, find it gone."""
    run = Scripted()
    for name in ("client", "server"):
        run.start(name)
    c, conn = run.socket(3), run.socket(4)
    client, server = ("127.0.0.1", 40000), scripted.SERVER
    run.do("client", 5, "socket", value=c, bound={"c": c})
    run.do("server", 6, "accept", value=(conn, client), bound={"conn": conn})
    ends = [
        scripted.row(State.ESTABLISHED, client, server, inode=c.inode),
        scripted.row(State.ESTABLISHED, server, client, inode=conn.inode),
    ]
    run.observe(*ends)
    run.handshake(client, "client", server)
    run.enter("server", 7, "recv", conn, 10)
    run.segment("server", "client", server, client, "RST", "ACK")
    run.leave("server", 7, error="ECONNABORTED", number=errno.ECONNABORTED)
    run.observe(gone=ends)
    told = "was ended from outside"
    for process, name, error, held in (
        ("server", "send", "EPIPE", conn), ("client", "recv", "ECONNRESET", c), ("client", "connect", "ECONNABORTED", c),
    ):  # fmt: skip
        failed = replace(call(name, error), process=process, arguments=(held, b"x"), number=9, entered=run.at)
        assert told in here(failed, run.timeline.world), name
    over = run.timeline.world.processes["server"].calls[-1]
    assert here(over, run.timeline.world).startswith(f"conn {told}")
    begun = run.socket(5)
    run.do("client", 8, "socket", value=begun, bound={"begun": begun})
    run.do(
        "client", 9, "connect_ex", begun, server, value=errno.EINPROGRESS
    )  # which takes no error: none waits yet
    aborted = replace(
        call("connect", "ECONNABORTED"), process="client", arguments=(begun, server), number=9, entered=run.at
    )
    assert told in here(aborted, run.timeline.world)


@pytest.mark.parametrize(
    ("error", "asked", "told"),
    [
        ("EAFNOSUPPORT", (0, 1), "there are no sockets of the family AF_UNSPEC here"),
        ("ESOCKTNOSUPPORT", (2, 4), "AF_INET has no type SOCK_RDM here"),
        ("EPROTONOSUPPORT", (2, 1, 17), "AF_INET has no protocol IPPROTO_UDP of type SOCK_STREAM here"),
        (
            "EPROTONOSUPPORT",
            (2, 3, 0),
            "AF_INET has no usual protocol of type SOCK_RAW here: one has to be named",
        ),
        ("EINVAL", (2, 99), "there is no type 99 of sockets"),
        ("EINVAL", (2, 14), "there is no type 14 of sockets"),
        ("EINVAL", (2, 1, 999), "999 is no number that a protocol of AF_INET can have"),
    ],
)
def test_which_of_its_numbers_socket_did_not_take(error: str, asked: tuple[int, ...], told: str) -> None:
    number = getattr(errno, error)
    with pytest.raises(OSError, match=f"Errno {number}]"):  # the kernel at hand says the same
        socket.socket(*asked)
    made = Call("server", 1, Origin(5), "socket", "socket.socket", asked, {}, 0.0, Stage.FAILED, error=error)
    assert here(made) == told
