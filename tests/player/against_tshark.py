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
from sockviz.model.pcapng import blocks, capture_of
from sockviz.model.segments import Packet
from sockviz.model.timeline import Timeline
from tests.required import unavailable

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
    if role is Role.WINDOW_PROBE and theirs == KEEPALIVE and not packet.length:
        return WHY_PROBE
    if role is Role.WINDOW_PROBE and not theirs and packet.tcp is not None and "URG" in packet.tcp.flags:
        return WHY_URGENT
    if role is Role.CROSSED and theirs == AGAIN:
        return WHY_CROSSED
    return None


#: Situations in which it matters, and how the two differ there: packet, sockviz, tshark, why.
MATTERS: dict[str, Sequence[tuple[str, str, str, str]]] = {
    "persist2": [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE)],
    "window-update": [("client ACK", WINDOW_PROBE, KEEPALIVE, WHY_PROBE)],
    "urgent-probe": [("client ACK+URG", WINDOW_PROBE, KEEPALIVE, WHY_PROBE), ("client ACK+URG", WINDOW_PROBE, "", WHY_URGENT)],
    "keepalive": [],
    "fastopen": [],
    "loss-of-the-tail": [],
    "keepalive-lost": [],
    "self-connect": [("client SYN+ACK", "", AGAIN, WHY_CROSSED)],
    "simultaneous-open": [("client SYN+ACK", "", AGAIN, WHY_CROSSED), ("server SYN+ACK", "", AGAIN, WHY_CROSSED)],
    "full-accept-queue": [],
    "out-of-order": [],
    "fragdrop": [],
    "rst-answers": [],
}  # fmt: skip


def differ_as_is_known(name: str, timeline: Timeline, directory: Path) -> None:
    """Of a situation that was performed: how the two differ in it, and in what either end alone saw."""
    found = differences(timeline, directory / "out.pcapng")
    assert {(each.packet, each.ours, each.theirs, each.why) for each in found} == set(MATTERS[name])
    if name == "simultaneous-open":
        # One end of a link is a capture of its own: what was sent there, and what came, when and as often as it came. It does
        # not look sent twice to tshark either.
        for host in timeline.header.lab.hosts:
            found = differences(timeline, directory / f"{host}.pcapng", host)
            assert {each.why for each in found} <= {WHY_CROSSED}, [str(each) for each in found]
