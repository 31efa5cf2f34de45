"""Numbers are told by their names, and what they mean is said: events, flags, errors, levels, options."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.model.call import Call, Stage
from sockviz.model.events import CallReturned, Observed
from sockviz.model.linux.options import Form
from sockviz.model.sockets import FdEntry, ProcessRow, Watched
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.evidence import of_call, of_socket
from sockviz.words.facts import Evidence, Voice
from sockviz.words.interest import events_text, short_interest
from sockviz.words.narration import narrate_at
from sockviz.words.number_kinds import given_by, with_names
from sockviz.words.option_meanings import FORMS
from sockviz.words.set_options import short_options
from sockviz.words.value_sentences import value_sentence
from sockviz.words.wording import call_as_made, duration_text, outcome
from tests.tui.stage import scripted
from tests.tui.stage.scripted import Script

S = SocketValue(77, 9, "AF_INET", "SOCK_STREAM", 6)
D = SocketValue(80, 12, "AF_INET", "SOCK_DGRAM", 17)
POLL, EPOLL = ObjectValue("poll", "<select.poll object at 0x7f>"), ObjectValue("epoll", "5")
RIGHTS = struct.pack("2i", 6, 7)


def made(name: str, *arguments: Value, value: Value = None, error: str | None = None) -> Call:
    stage = Stage.RETURNED if error is None else Stage.FAILED
    return Call(
        "server",
        1,
        None,
        name,
        f"x.{name}",
        arguments,
        {},
        0.0,
        stage=stage,
        returned=1.0,
        value=value,
        error=error,
    )


@pytest.mark.parametrize(
    ("call", "as_made", "result"),
    [
        (made("socket", 2, 1, 0, value=S), "socket(AF_INET, SOCK_STREAM, 0)", "→ 9"),
        (made("socket", 10, 2 | 0x80800, 17), "socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, IPPROTO_UDP)", "→ 0"),
        (made("socket", 99, 77, 0), "socket(99, 77, 0)", "→ 0"),
        (made("shutdown", S, 1), "shutdown(9, SHUT_WR)", "→ 0"),
        (made("poll", POLL, 100, value=[(4, 8197)]), "poll(<select.poll object at 0x7f>, 100)",
         "→ [(4, POLLIN|POLLOUT|POLLRDHUP)]"),
        (made("poll", EPOLL, 1, value=[(3, 0x11)]), "poll(5, 1)", "→ [(3, EPOLLIN|EPOLLHUP)]"),
        (made("epoll_wait", 5, value=[(3, 1)]), "epoll_wait(5)", "→ [(3, EPOLLIN)]"),
        (made("register", EPOLL, S, 0x80000001), "register(5, 9, EPOLLIN|EPOLLET)", "→ 0"),
        (made("recv", S, 10, 0x42, value=b"a"), "recv(9, 10, MSG_PEEK|MSG_DONTWAIT)", "→ b'a'"),
        (made("sendto", S, b"a", ("127.0.0.1", 80), value=1), "sendto(9, b'a', 127.0.0.1:80)", "→ 1"),
        (made("recvmsg", D, 4, 99, value=(b"ab", [(1, 1, RIGHTS)], 0x28, None)), "recvmsg(12, 4, 99)",
         r"→ (b'ab', [(SOL_SOCKET, SCM_RIGHTS, b'\x06\x00\x00\x00\x07…"),
        (made("setsockopt", S, 6, 1, 1), "setsockopt(9, IPPROTO_TCP, TCP_NODELAY, 1)", "→ 0"),
        (made("setsockopt", S, 1, 13, struct.pack("ii", 1, 5)), "setsockopt(9, SOL_SOCKET, SO_LINGER, on, 5 s)", "→ 0"),
        (made("setsockopt", S, 1, 20, struct.pack("ll", 0, 250000)), "setsockopt(9, SOL_SOCKET, SO_RCVTIMEO, 0.25 s)", "→ 0"),
        (made("setsockopt", S, 0, 10, 2), "setsockopt(9, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)", "→ 0"),
        (made("getsockopt", S, 1, 4, value=111), "getsockopt(9, SOL_SOCKET, SO_ERROR)", "→ ECONNREFUSED"),
        (made("getsockopt", S, 1, 4, value=0), "getsockopt(9, SOL_SOCKET, SO_ERROR)", "→ 0"),
        (made("getsockopt", S, 1, 39, value=2), "getsockopt(9, SOL_SOCKET, SO_DOMAIN)", "→ AF_INET"),
        (made("getsockopt", S, 1, 20, 16, value=struct.pack("ll", 2, 0)), "getsockopt(9, SOL_SOCKET, SO_RCVTIMEO, 16)", "→ 2 s"),
        (made("getsockopt", S, 6, 11, 8, value=b"\x08" + bytes(7)), "getsockopt(9, IPPROTO_TCP, TCP_INFO, 8)",
         "→ a structure of 8 bytes, CLOSE-WAIT"),
        (made("getsockopt", S, 1, 30, 100, value=b"\1\0\0\0"), "getsockopt(9, SOL_SOCKET, SO_ACCEPTCONN, 100)",
         r"→ b'\x01\x00\x00\x00': on"),
        (made("getsockopt", S, 1, 30, 2, value=b"\1\0"), "getsockopt(9, SOL_SOCKET, SO_ACCEPTCONN, 2)", r"→ b'\x01\x00'"),
        (made("getsockopt", S, 1, 9999, value=2), "getsockopt(9, SOL_SOCKET, option 9999 of SOL_SOCKET)", "→ 2"),
        (made("connect_ex", S, ("127.0.0.1", 81), value=115), "connect_ex(9, 127.0.0.1:81)", "→ EINPROGRESS"),
        (made("fcntl", S, 3, value=2050), "fcntl(9, F_GETFL)", "→ O_RDWR|O_NONBLOCK"),
        (made("fcntl", S, 4, 2050, value=0), "fcntl(9, F_SETFL, O_RDWR|O_NONBLOCK)", "→ 0"),
        (made("fcntl", S, 1, value=1), "fcntl(9, F_GETFD)", "→ FD_CLOEXEC"),
        (made("ioctl", 4, 0x541B, bytes(4)), r"ioctl(4, FIONREAD, b'\x00\x00\x00\x00')", "→ 0"),
        (made("kill", 7, 15), "kill(7, SIGTERM)", "→ 0"),
        (made("waitpid", 7, 1, value=(7, 9)), "waitpid(7, WNOHANG)", "→ (7, SIGKILL)"),
        (made("waitpid", 7, 0, value=(7, 3 << 8)), "waitpid(7, 0)", "→ (7, exit 3)"),
        (made("waitpid", 7, 2, value=(7, 0x137F)), "waitpid(7, WUNTRACED)", "→ (7, stopped by SIGSTOP)"),
        (made("signal", 13, 0, value=1), "signal(SIGPIPE, SIG_DFL)", "→ SIG_IGN"),
        (made("getaddrinfo", "::1", 80, 0, 1, 0, 5, value=[(10, 1, 6, "", ("::1", 80, 0, 0))]),
         "getaddrinfo('::1', 80, AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE|AI_NUMERICHOST)",
         "→ [(AF_INET6, SOCK_STREAM, IPPROTO_TCP, '', ('::1', 80, 0, 0))]"),
        (made("inet_pton", 10, "::1", value=bytes(15) + b"\x01"), "inet_pton(AF_INET6, '::1')",
         "→ b'" + r"\x00" * 15 + r"\x01'"),
        (made("getrlimit", 7, value=(9, 9)), "getrlimit(RLIMIT_NOFILE)", "→ (9, 9)"),
    ],
)  # fmt: skip
def test_arguments_and_results_have_names(call: Call, as_made: str, result: str) -> None:
    assert call_as_made(call) == as_made
    assert outcome(call) == result


def test_with_digits_the_number_stands_first() -> None:
    call = made("poll", POLL, value=[(4, 8197), (5, 0)])
    named = with_names(call.value, given_by(call), 60, digits=True)
    assert named == [(4, ObjectValue("number", "8197 (POLLIN|POLLOUT|POLLRDHUP)")), (5, 0)]
    assert with_names([(4, 1)] * 900, given_by(call), 60) == [(4, ObjectValue("number", "POLLIN"))] * 60


def said(call: Call, world: World | None = None) -> str:
    return value_sentence(call, world if world is not None else World())


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (made("poll", POLL, value=[(7, 0x20)]), "returns: descriptor 7: POLLNVAL (not an open descriptor)"),
        (made("poll", POLL, value=[(7, 0x18)]), "returns: descriptor 7: POLLERR (an error waits (SO_ERROR tells which)), "
                                                "POLLHUP (hung up: both directions are over)"),
        (made("poll", POLL, value=[(n, 0x20) for n in range(9)]), "descriptor 8"),
        (made("poll", POLL, value=[(n, 0x20) for n in range(69)]), "and 5 more"),
        (made("poll", POLL, value=[]), "returns: nothing came of what it waits for"),
        (made("getsockopt", S, 1, 4, value=111), "says what went wrong at descriptor 9: ECONNREFUSED (111), nobody listens "
                                                 "there; asking has taken it away"),
        (made("getsockopt", S, 1, 4, value=0), "says that no error waits at descriptor 9 (SO_ERROR is 0)"),
        (made("getsockopt", S, 0, 14, value=1500), "says IP_MTU of descriptor 9: 1500 bytes (the largest packet that fits on "
                                                   "the way to its peer, as far as is known)"),
        (made("connect_ex", S, ("127.0.0.1", 81), value=115), "returns EINPROGRESS (115): "),
        (made("recvmsg", D, 4, value=(b"ab", [], 0x20, ("127.0.0.1", 5))),
         "takes 2 bytes from 127.0.0.1:5: b'ab'; MSG_TRUNC: the datagram was longer than the room for it; the rest is gone"),
        (made("recvmsg", D, 4, 99, value=(b"ab", [(1, 1, RIGHTS), (0, 2, b"\x40\0\0\0")], 8, None)),
         "takes 2 bytes: b'ab'; SCM_RIGHTS brings descriptors: 6, 7 here; IP_TTL: 64 hops; MSG_CTRUNC: there was too little"),
        (made("recv_into", D, bytes(4), 0, 0x20, value=10), "takes a datagram of 10 bytes, of which 4 bytes fit: the rest"),
        (made("fcntl", S, 3, value=2050), "says the flags of descriptor 9: O_RDWR|O_NONBLOCK (calls that would sleep"),
        (made("fcntl", S, 2, 0, value=0), "sets the flags of descriptor 9 itself: none: it stays open in an exec"),
        (made("ioctl", 4, 0x541B, bytes(4), value=b"\5\0\0\0"), "says by FIONREAD: 5 bytes can be read now"),
        (made("kill", 7, 9), "sends SIGKILL to 7"),
        (made("kill", 7, 0), "sends nothing: 7 exists, and may be sent signals"),
        (made("getaddrinfo", "::1", 80, value=[(10, 1, 6, "", ("::1", 80, 0, 0))]),
         "gives 1 entry: AF_INET6 SOCK_STREAM IPPROTO_TCP [::1]:80"),
        (made("setsockopt", S, 41, 26, 0), "sets IPV6_V6ONLY of descriptor 9 to off (on: it speaks IPv6 only;"),
        (made("setsockopt", S, 0, 1, 0xB8), "sets IP_TOS of descriptor 9 to 0xb8 (DSCP 46, ECN 0): the traffic class"),
        (made("setsockopt", S, 1, 8, 8192), "sets SO_RCVBUF of descriptor 9 to 8192 bytes: memory"),
    ],
)  # fmt: skip
def test_what_a_call_gave_is_told_by_name_and_meaning(call: Call, sentence: str) -> None:
    assert sentence in said(call)


def test_how_many_addresses_there_are_is_said_first() -> None:
    entry = (2, 1, 6, "", ("127.0.0.1", 8080))
    told = outcome(
        made(
            "getaddrinfo", "127.0.0.1", 8080, value=[entry, (2, 2, 17, "", entry[4]), (2, 3, 0, "", entry[4])]
        )
    )
    assert told.startswith(
        "→ 3 entries: [(AF_INET, SOCK_STREAM, IPPROTO_TCP, '', ('127.0.0.1', 8080)), (AF_INET, SOCK_DGRAM, "
    )
    assert told.endswith("SOCK_RAW, 0, '', ('127.0.0.1', 8080))]")
    assert outcome(made("getaddrinfo", "x", 1, value=[entry] * 9)).startswith("→ 9 entries: [(AF_INET, ")


@given(
    st.sampled_from(("poll", "select", "setsockopt", "getsockopt", "connect_ex", "recvmsg", "recv_into", "fcntl", "ioctl",
                     "register", "kill", "getaddrinfo", "signal", "waitpid", "accept")),
    st.lists(st.none() | st.integers() | st.binary(max_size=20) | st.just(S) | st.just(EPOLL) | st.text(max_size=3), max_size=5),
    st.recursive(st.none() | st.integers() | st.binary(max_size=20) | st.just(S),
                 lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=5).map(tuple)),
)  # fmt: skip
def test_whatever_a_recording_says_there_are_words(name: str, arguments: list[Value], value: Value) -> None:
    call = made(name, *arguments, value=value)
    assert isinstance(said(call), str)
    assert call_as_made(call).startswith(name)
    assert outcome(call)
    script = scripted.real_listen()
    assert of_call(script.timeline.world, script.timeline.header, call).sections


# --- options that are set ---------------------------------------------------------------------------------------------


def setting(
    script: Script, held: SocketValue, level: int, number: int, value: Value, was: Value, now: Value
) -> None:
    call = script.enter("server", None, "setsockopt", held, level, number, value)
    script.say(CallReturned(script.at, "server", call, option_was=was, option_is=now))


def facts(it: Evidence, title: str) -> Mapping[str, tuple[str, str]]:
    return next(
        {fact.name: (fact.value, fact.note) for fact in s.facts} for s in it.sections if s.title == title
    )


def test_what_is_asked_for_and_what_the_kernel_has_are_told_apart() -> None:
    script = scripted.real_listen()
    held = script.timeline.world.processes["server"].names["s"]
    assert isinstance(held, SocketValue)
    setting(script, held, 1, 8, 8192, 131072, 16384)
    told = narrate_at(script.timeline, len(script.timeline))
    assert told.startswith(
        "server: setsockopt sets SO_RCVBUF of s: 8192 bytes asked, the kernel has 16384 bytes now: memory"
    )
    setting(script, held, 1, 2, 1, 0, 1)
    setting(script, held, 1, 9, 1, 0, 1)
    setting(script, held, 1, 9, 0, 1, 0)  # off again: as if nobody had set it
    world = script.timeline.world
    assert short_options(world, held.inode) == ["SO_RCVBUF 16384 bytes", "SO_REUSEADDR"]
    it = of_socket(world, script.timeline.header, held.inode)
    found = facts(it, "options that are set")
    assert found["SO_RCVBUF"][0] == "16384 bytes (8192 asked)"
    assert found["SO_REUSEADDR"] == (
        "on",
        "bind may share a port (also in TIME-WAIT) with those that have it set and do not listen",
    )
    assert "SO_KEEPALIVE" not in found
    assert next(s.voice for s in it.sections if s.title == "options that are set") is Voice.RETURNED
    by_call = of_call(
        world,
        script.timeline.header,
        next(c for c in world.processes["server"].calls if c.name == "setsockopt"),
    )
    assert facts(by_call, "what the kernel made of it") == {
        "asked": ("8192 bytes", ""), "before any was set": ("131072 bytes", ""), "now": ("16384 bytes", ""),
    }  # fmt: skip
    assert facts(by_call, "what its numbers mean") == {
        "SOL_SOCKET": ("options that sockets of every family have", "")
    }
    # What it was before, in the world before: the past keeps what it knew.
    assert short_options(script.timeline.world_at(len(script.timeline) - 6), held.inode) == [
        "SO_RCVBUF 16384 bytes"
    ]


def test_accept_takes_over_most_options_and_dup_shares_them() -> None:
    script = scripted.real_listen()
    held = script.timeline.world.processes["server"].names["s"]
    assert isinstance(held, SocketValue)
    setting(script, held, 6, 1, 1, 0, 1)  # TCP_NODELAY
    setting(script, held, 6, 9, 5, 0, 7)  # TCP_DEFER_ACCEPT, which stays the listener's
    line = next(iter(script.lesson.statements)).line
    conn = script.socket(8)
    script.do("server", line, "settimeout", held, 0.5)
    script.do("server", line, "accept", held, value=(conn, ("127.0.0.1", 40000)))
    script.do("server", line, "dup", held, value=replace(held, fd=11))
    world = script.timeline.world
    assert short_options(world, conn.inode) == ["TCP_NODELAY"]
    assert short_options(world, held.inode) == ["TCP_NODELAY", "TCP_DEFER_ACCEPT 7 s", "timeout 0.5 s"]
    it = of_socket(world, script.timeline.header, conn.inode)
    assert next(s.voice for s in it.sections if s.title == "options of its listener") is Voice.INFERRED


def test_a_membership_lasts_until_it_is_left() -> None:
    script = scripted.real_listen()
    group, other = bytes((224, 1, 1, 1)), bytes((224, 1, 1, 2))
    for number, member in (
        (35, group + bytes(4)),
        (35, other + bytes((10, 0, 0, 1))),
        (36, group + bytes(4)),
    ):
        setting(script, D, 0, number, member, None, None)
    assert short_options(script.timeline.world, D.inode) == ["IP_ADD_MEMBERSHIP 224.1.1.2 through 10.0.0.1"]
    told = narrate_at(script.timeline, len(script.timeline))
    assert told == "server: setsockopt has descriptor 12 leave 224.1.1.1 (IP_DROP_MEMBERSHIP)"
    error = struct.pack("=I4BII", 111, 2, 3, 3, 0, 0, 0)
    for beside, text in (
        ((0, 11, error), "IP_RECVERR: ECONNREFUSED, by ICMP port unreachable"),
        ((41, 25, struct.pack("=I4BII", 90, 1, 0, 0, 0, 1280, 0)), "IPV6_RECVERR: EMSGSIZE, found here; the path takes 1280"),
    ):  # fmt: skip
        assert text in said(made("recvmsg", D, 4, 99, value=(b"", [beside], 0x2000, None)))


# --- what is waited for -----------------------------------------------------------------------------------------------


def test_epolls_list_says_what_became_of_a_number() -> None:
    script = scripted.real_listen()
    server = script.timeline.world.processes["server"]
    held = server.names["s"]
    assert isinstance(held, SocketValue)
    watched = (
        Watched(held.fd, 0x80000019, held.fd, held.inode),
        Watched(20, 0x1C, 20, held.inode),
        Watched(21, 0x19, 21, 5),
    )
    entries = (
        FdEntry(held.fd, f"socket:[{held.inode}]", held.inode, "TCP"),
        FdEntry(5, "anon_inode:[eventpoll]", 0, watched=watched),
    )
    script.say(Observed(script.at, script.host, processes=(ProcessRow("server", "S", entries),)))
    world = script.timeline.world
    server = world.processes["server"]
    assert short_interest(server.fds[1], server) == [
        f"{held.fd} s EPOLLIN|EPOLLET", "20 (closed, is 3 s) EPOLLOUT", "21 (closed) EPOLLIN",
    ]  # fmt: skip
    told = said(made("poll", EPOLL, value=[(20, 4)]), world)
    assert told == (
        f"returns: descriptor 20 (closed; the open socket is still descriptor {held.fd} (s)): EPOLLOUT (a send would not sleep)"
    )
    it = of_call(world, script.timeline.header, made("poll", EPOLL, value=[(20, 4)]))
    assert facts(it, "what its numbers mean") == {"EPOLLOUT": ("a send would not sleep", "")}
    listed = facts(it, "the descriptor table")
    assert listed[f"descriptor {held.fd} s"] == (
        "EPOLLIN|EPOLLET",
        "edge-triggered: told once each time that something comes",
    )
    assert listed["descriptor 21 (closed)"][1] == "closed; somebody else still has the open file"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.000012, "12 µs"), (0.0402, "40.2 ms"), (1.23, "1.2 s"), (75, "75 s"), (1200, "20 min")],
)
def test_durations_have_a_unit_that_fits(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_once_told_an_entry_waits_for_nothing() -> None:
    assert events_text(0x40000019) == "EPOLLIN|EPOLLONESHOT"
    assert events_text(0x40000000) == "nothing any more, EPOLLONESHOT"
    assert events_text(0x18) == "no events"


def test_what_an_option_takes_is_said_in_c_or_in_the_readers_language() -> None:
    in_c = {form for form in Form if re.fullmatch(r"int(: [A-Z_]+…)?|struct \w+|char\[\]", form.value)}
    assert {form.value for form in set(Form) - in_c} == set(FORMS)
