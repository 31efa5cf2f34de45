"""tshark's analysis of a run's exported packets against what sockviz says of each.

tshark has the packets alone, and guesses. Where the two differ it has to be a difference that is known, with who is right and
why; the test names the packet.

It is asked as sharkd, which is the same program for many files: to start takes it ten times as long as to read one.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sockviz.model.meaning import Role
from sockviz.model.pcapng import NoPackets, blocks, capture_of
from sockviz.model.segments import Packet
from sockviz.model.timeline import Timeline
from tests.required import unavailable

AGAIN, KEEPALIVE, WINDOW_PROBE = "retransmission", "keepalive", "zero-window probe"
ANSWER, DUPLICATE, UPDATE = "answer to a probe", "duplicate ACK", "window update"
#: What tshark says: it calls a segment that it takes for sent again by what it supposes of the reason.
THEIRS = {
    "tcp.analysis.retransmission": AGAIN,
    "tcp.analysis.fast_retransmission": AGAIN,
    "tcp.analysis.spurious_retransmission": AGAIN,
    "tcp.analysis.out_of_order": AGAIN,
    "tcp.analysis.keep_alive": KEEPALIVE,
    "tcp.analysis.zero_window_probe": WINDOW_PROBE,
    "tcp.analysis.keep_alive_ack": ANSWER,
    "tcp.analysis.zero_window_probe_ack": ANSWER,
    "tcp.analysis.duplicate_ack": DUPLICATE,
    "tcp.analysis.window_update": UPDATE,
}
OURS = {
    Role.AGAIN: AGAIN, Role.KEEPALIVE: KEEPALIVE, Role.WINDOW_PROBE: WINDOW_PROBE,
    Role.PROBE_ANSWER: ANSWER, Role.DUPLICATE_ACK: DUPLICATE, Role.WINDOW_UPDATE: UPDATE,
}  # fmt: skip

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
WHY_ANSWER = (
    "sockviz: it answers a probe that tshark takes for a keepalive, and those it lets no closed window answer"
)
WHY_OVERTAKEN = (
    "sockviz: the probe was kept on its way, and its sender's RST captured meanwhile; "
    "tshark looks at the last segment only"
)
WHY_ONE_BYTE = (
    "sockviz: that byte was not acknowledged, and is sent again; a keepalive probe has a number that was acknowledged (RFC 9293, "
    "3.8.4). tshark takes any segment of one byte below the next number for one"
)
WHY_SCALED = (
    "sockviz: the window of a SYN is not scaled (RFC 7323, 2.2), so that the next one says the same in another unit; tshark "
    "compares the numbers as they are written"
)
WHY_CLOSED = "sockviz: its window is another one; tshark calls that an update only where it is open, and a zero window else"
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


class Sharkd:
    """One that runs, and is asked line by line (JSON-RPC)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["sharkd", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._asked = 0

    def ask(self, method: str, **parameters: str) -> Any:
        """The result of a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked += 1
        request = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": parameters}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            if line.startswith("{"):  # it greets, in words
                answer = json.loads(line)
                assert answer["id"] == self._asked
                return answer["result"]
        raise AssertionError(f"sharkd ended at {request}")

    def end(self) -> None:
        """It has nothing to keep."""
        self._process.kill()
        self._process.communicate()


@cache
def sharkd() -> Sharkd:
    """The one of this process."""
    if shutil.which("sharkd") is None:
        unavailable("sharkd, which comes with tshark, is not installed")
    started = Sharkd()
    atexit.register(started.end)
    return started


def tshark(path: Path) -> list[str]:
    """What it says of each packet, in the order of the file."""
    asked = sharkd()
    assert asked.ask("load", file=str(path)) == {"status": "OK"}
    columns = {f"column{number}": f"{name}:1" for number, name in enumerate(THEIRS)}
    told = []
    for frame in asked.ask("frames", **columns):
        said = {kind for kind, value in zip(THEIRS.values(), frame["c"], strict=True) if value}
        told.append(" and ".join(sorted(said)))
    return told


def differences(timeline: Timeline, path: Path, host: str | None = None) -> list[Difference]:
    """The packets of which they say different things. Raises NoPackets."""
    return compared(timeline, path, host)[1]


def compared(timeline: Timeline, path: Path, host: str | None = None) -> tuple[list[str], list[Difference]]:
    """What tshark says of each packet, and where the two differ. Raises NoPackets."""
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
    return theirs, found


def _why(role: Role | None, packet: Packet, theirs: str) -> str | None:
    flags = packet.tcp.flags if packet.tcp is not None else ()
    window = packet.tcp.window if packet.tcp is not None else None
    match role, theirs:
        case Role.WINDOW_PROBE, "keepalive" if not packet.length:
            return WHY_PROBE
        case Role.WINDOW_PROBE, "duplicate ACK" if "URG" in flags:
            return WHY_URGENT
        case Role.PROBE_ANSWER, "" if window == 0:
            return WHY_ANSWER
        case Role.PROBE_ANSWER, "duplicate ACK":
            return WHY_OVERTAKEN
        case Role.CROSSED, "retransmission":
            return WHY_CROSSED
        case Role.AGAIN, "keepalive" if packet.length == 1:
            return WHY_ONE_BYTE
        case Role.DUPLICATE_ACK | Role.PROBE_ANSWER, "window update":
            return WHY_SCALED
        case Role.WINDOW_UPDATE, "" if window == 0:
            return WHY_CLOSED
    return None


#: Situations in which it matters, and how the two differ there: packet, sockviz, tshark, why.
MATTERS: dict[str, Sequence[tuple[str, str, str, str]]] = {
    "persist2": [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE), ("server ACK", ANSWER, "", WHY_ANSWER)],
    "window-update": [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE), ("server ACK", ANSWER, "", WHY_ANSWER)],
    "lingering-close": [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE), ("server ACK", ANSWER, "", WHY_ANSWER)],
    "urgent-probe": [
        ("client ACK+URG", WINDOW_PROBE, KEEPALIVE, WHY_PROBE), ("client ACK+URG", WINDOW_PROBE, DUPLICATE, WHY_URGENT),
        ("server ACK", ANSWER, "", WHY_ANSWER),
    ],
    "shrunk-buffer": [("server ACK", UPDATE, "", WHY_CLOSED)],
    "keepalive": [],
    "fastopen": [],
    "loss-of-the-tail": [],
    "keepalive-lost": [],
    "keepalive-unanswered": [("server ACK", ANSWER, UPDATE, WHY_SCALED)],
    "user-timeout": [("client PSH+ACK", AGAIN, KEEPALIVE, WHY_ONE_BYTE)],
    "self-connect": [
        ("client SYN+ACK", "", AGAIN, WHY_CROSSED), ("client ACK", DUPLICATE, UPDATE, WHY_SCALED),
    ],
    "simultaneous-open": [
        ("client SYN+ACK", "", AGAIN, WHY_CROSSED), ("server SYN+ACK", "", AGAIN, WHY_CROSSED),
        ("client ACK", DUPLICATE, UPDATE, WHY_SCALED), ("server ACK", DUPLICATE, UPDATE, WHY_SCALED),
    ],
    "send-in-syn-received": [
        ("client SYN+ACK", "", AGAIN, WHY_CROSSED), ("server SYN+ACK", "", AGAIN, WHY_CROSSED),
        ("client ACK", DUPLICATE, UPDATE, WHY_SCALED), ("server ACK", DUPLICATE, UPDATE, WHY_SCALED),
    ],
    "full-accept-queue": [],
    "out-of-order": [("server ACK", DUPLICATE, UPDATE, WHY_SCALED)],
    "fragdrop": [],
    "rst-answers": [],
}  # fmt: skip


def is_worth_asking(timeline: Timeline) -> bool:
    """Whether there is anything that tshark might see otherwise: a link, which keeps, loses and doubles, or a packet that is more
    than data or its acknowledgement."""
    roles = {meaning.role for meaning in timeline.world.traffic.meanings.values()}
    return len(timeline.header.lab.hosts) > 1 or not roles.isdisjoint(OURS)


def differ_as_is_known(name: str, timeline: Timeline, directory: Path) -> None:
    """Of a situation that was performed: how the two differ in it, and in what either end alone saw."""
    try:
        found = differences(timeline, directory / "out.pcapng")
    except NoPackets:
        assert name not in MATTERS
        return
    if name not in MATTERS:
        assert [str(each) for each in found if each.why is None] == []
        return
    assert {(each.packet, each.ours, each.theirs, each.why) for each in found} == set(MATTERS[name])
    if name == "simultaneous-open":
        # One end of a link is a capture of its own: what was sent there, and what came, when and as often as it came. It does
        # not look sent twice to tshark either.
        for host in timeline.header.lab.hosts:
            found = differences(timeline, directory / f"{host}.pcapng", host)
            assert {each.why for each in found} <= {WHY_CROSSED, WHY_SCALED}, [str(each) for each in found]
