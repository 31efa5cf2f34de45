"""Every fact says who said it, and how to see the same by hand."""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.model.events import Observed, PacketCaptured, ProcessEnded
from sockviz.model.sockets import Asleep, ProcessRow, SocketRow, State
from sockviz.words import diag_facts
from sockviz.words.dissection import dissect
from sockviz.words.evidence import evidence
from sockviz.words.facts import Evidence, Voice
from sockviz.words.socket_facts import row_facts
from tests.tui.stage import scripted

#: A SYN from 127.0.0.1:40112 to 127.0.0.1:8080, as captured on lo.
SYN = bytes.fromhex(
    "000000000000000000000000 0800 45000 03c1c4640004006 2074 7f000001 7f000001 9cb0 1f90 4d1b2a00 00000000 a002 ffd7 fe30 0000"
    "0204ffd70402080a1234567800000000 01030307".replace(" ", "")
)


def facts(it: Evidence, title: str) -> dict[str, str]:
    return next({fact.name: fact.value for fact in s.facts} for s in it.sections if s.title == title)


def test_a_listener() -> None:
    script = scripted.listen_queue()
    it = evidence(script.timeline, 44, inode=1001)
    assert it.title == "server s"
    assert facts(it, "the kernel's table") | {"Recv-Q": "2", "Send-Q": "1", "state": "LISTEN"} == facts(
        it, "the kernel's table"
    )
    assert [s.voice for s in it.sections] == [
        Voice.RETURNED,
        Voice.OBSERVED,
        Voice.OBSERVED,
        Voice.OBSERVED,
        None,
    ]
    commands = dict(it.commands)
    assert commands["its row"] == "nsenter -t 94121 -U --preserve-credentials -n ss -tanoe 'sport = :8080'"
    assert commands["its descriptor"] == "cat /proc/94121/fdinfo/3"


def unix(raw: bytes, state: State) -> SocketRow:
    row = scripted.row(state, "door", inode=1, cookie=1, protocol="UNIX")
    return replace(row, family="AF_UNIX", raw=raw)


def said(row: SocketRow) -> dict[str, tuple[str, str]]:
    """What sock_diag says of it beside its columns."""
    return {fact.name: (fact.value, fact.note) for it in diag_facts.sections(row) for fact in it.facts}


def test_the_device_that_a_socket_is_tied_to_is_evidence() -> None:
    row = scripted.row(State.LISTEN, scripted.SERVER, inode=1, cookie=1)
    assert said(replace(row, raw=bytes(72))) == {}
    tied = bytes(40) + struct.pack("=I", 1) + bytes(28)
    assert said(replace(row, raw=tied))["SO_BINDTODEVICE"][0] == "lo"


def test_which_ways_of_a_unix_connection_are_over_is_evidence() -> None:
    head = bytes([1, 1, 1, 0]) + bytes(12)
    assert said(unix(head, State.ESTABLISHED)) == {}
    ended = head + struct.pack("=HHB3x", 5, 6, 3)
    assert said(unix(ended, State.ESTABLISHED))["over"] == (
        "receiving and sending", "sk_shutdown: by a shutdown or close at either end",
    )  # fmt: skip


@pytest.mark.parametrize(("number", "notes"), [(1, "ss has ESTAB"), (7, "")])
def test_why_ss_has_another_state_of_a_unix_datagram_socket_is_evidence(number: int, notes: str) -> None:
    row = unix(bytes([1, 2, number, 0]) + bytes(12), State.UNCONNECTED)
    state = next(iter(row_facts(row, scripted.listen_queue().timeline.world)))
    assert state.value == "UNCONNECTED"
    assert state.note.partition(":")[0] == notes


def test_counters_that_tell_something_are_evidence() -> None:
    script = scripted.crowded_lesson()
    for it in (evidence(script.timeline, 54), evidence(script.timeline, 54, inode=1001)):
        assert facts(it, "counted since the lesson began") == {"ListenOverflows": "+1", "ListenDrops": "+1"}
    script.say(
        Observed(
            script.at, "lab", counters={"Udp.RcvbufErrors": 7, "TcpExt.TCPAbortOnClose": 1, "Tcp.InSegs": 9}
        )
    )
    counted = facts(evidence(script.timeline, len(script.timeline)), "counted since the lesson began")
    assert counted["RcvbufErrors"] == "+7"
    assert counted["TCPAbortOnClose"] == "+1"
    assert "InSegs" not in counted
    listener = evidence(script.timeline, 54, inode=1001)
    assert dict(listener.commands)["what was dropped"].endswith("nstat -asz 'TcpExtListen*'")


def test_why_there_is_no_isolated_lab_is_evidence() -> None:
    script = scripted.listen_queue(packets=False)
    header = script.timeline.header
    why = {"isolated lab": "unshare: EPERM (seccomp)"}
    script.timeline.header = replace(header, lab=replace(header.lab, missing=why))
    notes = {fact.name: fact.note for s in evidence(script.timeline, 12).sections for fact in s.facts}
    assert notes["isolated lab"] == "unshare: EPERM (seccomp)"


def test_on_the_host_nothing_has_to_be_entered() -> None:
    script = scripted.listen_queue(packets=False)
    assert (
        dict(evidence(script.timeline, len(script.timeline), inode=1001).commands)["its row"]
        == "ss -tanoe 'sport = :8080'"
    )


@pytest.mark.parametrize(("seconds", "told"), [(0.000014, "14 µs"), (0.0123, "12.3 ms"), (2.0, "2.0 s")])
def test_how_long_a_call_took(seconds: float, told: str) -> None:
    script = scripted.Script(scripted.lesson([[scripted.statement("server", 5, "s = socket.socket()")]]))
    script.page(0)
    script.start("server")
    script.enter("server", 5, "socket")
    script.at = script.timeline.events[-1].at + seconds
    script.leave("server", 5, 3)
    assert facts(evidence(script.timeline, len(script.timeline)), "the process said")["took"] == told


def test_a_fresh_socket_is_in_no_table() -> None:
    script = scripted.listen_queue()
    it = evidence(script.timeline, 7, inode=1001)
    assert facts(it, "the kernel's table") == {"row": "none"}
    assert facts(it, "the descriptor table")["protocol"] == "TCP"


def test_an_orphan_has_no_descriptor() -> None:
    script = scripted.listen_queue()
    it = evidence(script.timeline, len(script.timeline), inode=1002)
    assert facts(it, "the kernel's table")["inode"] == "0"
    assert facts(it, "its process said")["descriptor"] == "closed"


def test_a_sleep_is_known_from_proc() -> None:
    script = scripted.listen_queue()
    it = evidence(script.timeline, 56, line=25)
    assert facts(it, "it was seen asleep")["in"] == "connect(5)"
    assert it.raw[0].data == "288 0x3"


def test_what_has_not_come_back_has_returned_nothing() -> None:
    script = scripted.listen_queue()
    said = evidence(script.timeline, 56, line=25).sections[0]
    assert (said.title, said.voice) == ("the process said", Voice.ENTERED)
    assert evidence(script.timeline, 12).sections[0].voice is Voice.RETURNED


def test_a_packet_field_by_field() -> None:
    script = scripted.listen_queue()
    event = next(e for e in script.timeline.events if isinstance(e, PacketCaptured))
    script.say(replace(event, packet=replace(event.packet, raw=SYN)))
    it = evidence(script.timeline, len(script.timeline), packet=len(script.timeline.world.packets) - 1)
    assert facts(it, "TCP header")["flags"] == "SYN"
    assert facts(it, "TCP header")["destination port"] == "8080"
    assert facts(it, "IPv4 header")["source"] == "127.0.0.1"
    assert facts(it, "TCP header")["options"] == "20 bytes"
    assert it.raw[0].data == SYN
    assert "tcpdump -i lo" in it.commands[0][1]


def test_where_the_voices_differ_it_is_said() -> None:
    script = scripted.listen_queue()
    assert evidence(script.timeline, 44, inode=1001).disagreements == ()
    script.fds["server"].pop(3)
    script.observe()
    told = evidence(script.timeline, len(script.timeline), inode=1001).disagreements
    assert told == (
        "server says that s is descriptor 3; the kernel's table of its descriptors has no such socket",
    )


def test_a_call_that_returned_while_the_kernel_shows_it_asleep() -> None:
    script = scripted.listen_queue()
    asleep = Asleep("recvfrom", (4,), None, "S", "/proc/PID/syscall", "")
    script.say(Observed(script.at, "lab", processes=(ProcessRow("server", "S", (), asleep),)))
    (told,) = evidence(script.timeline, len(script.timeline), line=34).disagreements
    assert told == "server says that close returned, yet the kernel shows the process asleep"


def test_nothing_pointed_at_is_the_latest_call() -> None:
    script = scripted.listen_queue()
    assert evidence(script.timeline, 12).title == "server: bind"
    assert evidence(script.timeline, 0).title == "the lab"


def test_a_dead_process_is_not_entered() -> None:
    script = scripted.listen_queue()
    script.say(ProcessEnded(script.at, "server", 0))
    it = evidence(script.timeline, len(script.timeline), inode=1001)
    assert {word for _, command in it.commands for word in command.split() if word.isdigit()} == {"94122"}, (
        "whoever is there"
    )


@given(st.binary(max_size=120) | st.integers(0, len(SYN)).map(lambda n: SYN[:n]))
def test_a_cut_or_foreign_frame_gives_the_fields_it_has(frame: bytes) -> None:
    for field in dissect(frame):
        assert 0 <= field.start < field.end <= len(frame)


def test_the_fields_of_a_whole_frame_follow_each_other() -> None:
    ends = [(field.start, field.end) for field in dissect(SYN)]
    assert all(one[1] <= other[0] for one, other in pairwise(ends))
    assert ends[-1][1] == len(SYN)
