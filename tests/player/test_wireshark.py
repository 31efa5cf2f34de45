"""tshark's analysis of every exported lesson against what sockviz says of each packet.

tshark has the packets alone, and guesses. Where the two differ it has to be a difference that is known, with who is right and
why; the test names the packet.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sockviz.model.meaning import Role
from sockviz.model.pcapng import NoPackets, blocks, capture_of
from sockviz.model.recording import load_file
from sockviz.model.segments import Packet
from sockviz.model.timeline import Timeline
from tests.player.test_export import performed
from tests.required import unavailable

RECORDINGS = sorted((Path(__file__).parents[2] / "assets" / "recordings").glob("*.jsonl"))
SITUATIONS = Path(__file__).parents[1] / "situations"

AGAIN, KEEPALIVE, WINDOW_PROBE = "retransmission", "keepalive", "zero-window probe"
#: What tshark says: it calls a segment that it takes for sent again by what it supposes of the reason.
THEIRS = {
    "tcp.analysis.retransmission": AGAIN,
    "tcp.analysis.fast_retransmission": AGAIN,
    "tcp.analysis.spurious_retransmission": AGAIN,
    "tcp.analysis.out_of_order": AGAIN,
    "tcp.analysis.keep_alive": KEEPALIVE,
    "tcp.analysis.zero_window_probe": WINDOW_PROBE,
}
OURS = {Role.AGAIN: AGAIN, Role.KEEPALIVE: KEEPALIVE, Role.WINDOW_PROBE: WINDOW_PROBE}

#: Known differences: what sockviz says and what tshark says, of which packets, who is right, and why.
WHY_PROBE = (
    "sockviz: its sender had the persist timer, or had been told of a window of 0. Linux probes with a segment without data "
    "whose number is one below the next (net/ipv4/tcp_output.c, tcp_xmit_probe_skb), as it does for keepalive; tshark takes a "
    "segment for a zero-window probe only where it has one byte and the next number"
)
WHY_URGENT = (
    "sockviz: with urgent data in its queue Linux asks twice (tcp_write_wakeup), and the first of the two has the next number "
    "and no data; tshark takes it for a duplicate acknowledgement"
)
WHY_CROSSED = (
    "sockviz: the first SYN+ACK of a simultaneous open, or of a socket that is connected with itself, has the number of the SYN "
    "before it and is another segment (RFC 9293, 3.5); tshark sees the number alone"
)


@dataclass(frozen=True)
class Difference:
    """A packet of which the two say different things."""

    number: int
    packet: str
    ours: str
    theirs: str
    why: str | None

    def __str__(self) -> str:
        return f"packet {self.number} ({self.packet}): sockviz says {self.ours or 'nothing'}, tshark {self.theirs or 'nothing'}"


def tshark(path: Path) -> list[str]:
    """What it says of each packet, in the order of the file."""
    if shutil.which("tshark") is None:
        unavailable("tshark is not installed")
    fields = [word for name in THEIRS for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=,", *fields],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = []
    for line in done.stdout.splitlines():
        said = {kind for kind, value in zip(THEIRS.values(), line.split(","), strict=True) if value}
        told.append(" and ".join(sorted(said)))
    return told


def differences(timeline: Timeline, path: Path, host: str | None = None) -> list[Difference]:
    capture = capture_of(timeline, host)
    path.write_bytes(b"".join(blocks(capture)))
    theirs = tshark(path)
    assert len(theirs) == len(capture.seen)
    found = []
    for seen, their in zip(capture.seen, theirs, strict=True):
        meaning = timeline.world.traffic.meanings.get(seen.number - 1)
        role = meaning.role if meaning is not None else None
        our = OURS.get(role, "") if role is not None else ""
        if our != their:
            name = timeline.world.packets[seen.number - 1].text
            found.append(Difference(seen.number, name, our, their, _why(role, seen.event.packet, their)))
    return found


def _why(role: Role | None, packet: Packet, theirs: str) -> str | None:
    if role is Role.WINDOW_PROBE and theirs == KEEPALIVE and not packet.length:
        return WHY_PROBE
    if role is Role.WINDOW_PROBE and not theirs and packet.tcp is not None and "URG" in packet.tcp.flags:
        return WHY_URGENT
    if role is Role.CROSSED and theirs == AGAIN:
        return WHY_CROSSED
    return None


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_lesson_says_what_tshark_says_or_why_not(path: Path, tmp_path: Path) -> None:
    timeline = load_file(path).timeline
    try:
        found = differences(timeline, tmp_path / "out.pcapng")
    except NoPackets:
        return  # a lesson that sends nothing
    assert [str(each) for each in found if each.why is None] == []


def test_no_lesson_looks_sent_twice(tmp_path: Path) -> None:
    """Of the lessons with two hosts, too, in which each packet is seen at both ends."""
    for path in RECORDINGS:
        timeline = load_file(path).timeline
        if len(timeline.header.lab.hosts) == 1:
            continue
        out = tmp_path / f"{path.stem}.pcapng"
        numbers = [seen.number for seen in capture_of(timeline).seen]
        assert len(numbers) == len(set(numbers)) == len(timeline.world.packets)
        again = sum(meaning.role is Role.AGAIN for meaning in timeline.world.traffic.meanings.values())
        out.write_bytes(b"".join(blocks(capture_of(timeline))))
        assert tshark(out).count(AGAIN) == again, path.stem


#: Situations in which it matters, whether between two hosts, and how the two differ there: packet, sockviz, tshark, why.
MATTERS: list[tuple[str, bool, Sequence[tuple[str, str, str, str]]]] = [
    ("persist2", False, [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE)]),
    ("window-update", False, [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE)]),
    ("urgent-probe", False,
     [("client ACK+URG", WINDOW_PROBE, KEEPALIVE, WHY_PROBE), ("client ACK+URG", WINDOW_PROBE, "", WHY_URGENT)]),
    ("keepalive", False, []),
    ("fastopen", True, []),
    ("loss-of-the-tail", True, []),
    ("keepalive-lost", True, []),
    ("self-connect", False, [("client SYN+ACK", "", AGAIN, WHY_CROSSED)]),
    ("simultaneous-open", True,
     [("client SYN+ACK", "", AGAIN, WHY_CROSSED), ("server SYN+ACK", "", AGAIN, WHY_CROSSED)]),
    ("full-accept-queue", False, []),
    ("out-of-order", True, []),
    ("fragdrop", True, []),
    ("rst-answers", False, []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "two_hosts", "expected"), MATTERS, ids=[name for name, _, _ in MATTERS])
def test_where_it_matters_they_differ_as_is_known(
    name: str, two_hosts: bool, expected: Sequence[tuple[str, str, str, str]], tmp_path: Path
) -> None:
    text = (SITUATIONS / f"{name}.md").read_text(encoding="utf-8")
    timeline = performed(text, two_hosts=two_hosts)
    found = differences(timeline, tmp_path / "out.pcapng")
    assert {(each.packet, each.ours, each.theirs, each.why) for each in found} == set(expected)


def test_one_end_of_a_link_is_a_capture_of_its_own(tmp_path: Path) -> None:
    """What was sent there, and what came, when and as often as it came: it does not look sent twice to tshark either."""
    text = (SITUATIONS / "simultaneous-open.md").read_text(encoding="utf-8")
    timeline = performed(text, two_hosts=True)
    for host in timeline.header.lab.hosts:
        found = differences(timeline, tmp_path / f"{host}.pcapng", host)
        assert {each.why for each in found} <= {WHY_CROSSED}, [str(each) for each in found]
