"""Recordings exported to pcapng and read back with tshark: the same packets, flags and relative numbers as on the timeline."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sockviz.lab.lab import Lab
from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import open_two_hosts
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import LinkActed, PacketCaptured
from sockviz.model.meaning import Role
from sockviz.model.recording import load_file, save
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from tests.player.lessons import CONNECTED, LISTENING, lesson_text, run
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
FIELDS = (
    "frame.interface_name", "frame.time_epoch", "tcp.flags", "tcp.seq", "tcp.ack", "tcp.len", "frame.len", "frame.cap_len",
    "frame.packet_id", "frame.comment",
)  # fmt: skip
BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}

HELD = lesson_text(
    LISTENING
    + """
```python @link
link.hold()
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```

```expect
link.held == ["client SYN"]
within 5s: packets == ["client SYN", "client SYN"]
```

```python @link
link.deliver("client SYN")
link.deliver("server SYN+ACK")
link.release()
```

```python @server
conn, peer = s.accept()
```
""",
    """
```python @link
link.duplicate("client PSH+ACK")
link.drop("server PSH+ACK")
```

```python @client
n = c.send(b"twice")
```

```python @server
data = conn.recv(100)
m = conn.send(b"once more")
```

```python @client
answer = c.recv(100)
c.close()
```

```expect
client.answer == b"once more"
link.dropped == ["server PSH+ACK"]
server.conn.state == "CLOSE-WAIT"
```
""",
    front="lab: two-hosts\n",
)
PLAIN = lesson_text(
    LISTENING + CONNECTED,
    """
```python @client
n = c.send(b"x" * 1000)
```

```python @server
data = conn.recv(2000)
conn.close()
```

```expect
client.c.state == "CLOSE-WAIT"
```
""",
)


@dataclass(frozen=True)
class Row:
    """One packet as tshark reads it."""

    interface: str
    at: float
    flags: int
    seq: int
    ack: int
    length: int
    frame_length: int
    captured: int
    packet: int
    comment: str


def tshark(path: Path) -> list[Row]:
    if shutil.which("tshark") is None:
        unavailable("tshark is not installed")
    fields = [word for name in FIELDS for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-r", str(path), "-T", "fields", "-E", "quote=d", *fields],
        capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    rows = csv.reader(done.stdout.splitlines(), delimiter="\t")
    return [
        Row(name, float(at), int(flags, 16), int(seq), int(ack), int(length), int(frame), int(cap), int(number), comment)
        for name, at, flags, seq, ack, length, frame, cap, number, comment in rows
    ]  # fmt: skip


def performed(text: str, *, two_hosts: bool) -> Timeline:
    async def work() -> Timeline:
        try:
            lab: Lab = await (open_two_hosts() if two_hosts else open_lab("isolated"))
        except LabRefused as refusal:
            unavailable(f"no such lab here: {refusal}")
        performance = Performance(parse_lesson(text, "test.md"), lab, "0", Patience())
        try:
            while performance.next.do is not Do.END:
                await performance.advance()
        finally:
            await performance.close()
        assert all(judged.ok for judged in performance.timeline.world.expectations.values())
        return performance.timeline

    return run(work())


def recorded(timeline: Timeline, path: Path) -> Path:
    with path.open("w", encoding="utf-8") as file:
        save(timeline, file)
    return path


def export(recording: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sockviz", "export", str(recording), "--pcapng", str(out), *more],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def agrees(row: Row, event: PacketCaptured) -> bool:
    """Whether tshark reads of a packet what the timeline says of it."""
    tcp, relative = event.packet.tcp, event.relative
    assert tcp is not None
    assert relative is not None
    return (row.flags, row.seq, row.ack, row.length, row.frame_length) == (
        sum(BITS[flag] for flag in tcp.flags), relative.seq, relative.ack or 0, event.packet.length,
        event.packet.wire_length,
    )  # fmt: skip


def test_between_two_hosts_each_packet_stands_once_and_at_each_end_as_it_came_and_went(
    tmp_path: Path,
) -> None:
    timeline = performed(HELD, two_hosts=True)
    recording = recorded(timeline, tmp_path / "run.jsonl")
    captured = [event for event in timeline.events if isinstance(event, PacketCaptured)]
    acts = [event for event in timeline.events if isinstance(event, LinkActed)]

    out = tmp_path / "out.pcapng"
    done = export(recording, out)
    assert (done.returncode, done.stderr) == (0, "")
    rows = tshark(out)
    assert [row.packet for row in rows] == list(range(1, len(captured) + 1))

    at_an_end: list[Row] = []
    for host in ("client", "server"):
        end = tmp_path / f"{host}.pcapng"
        assert export(recording, end, "--seen-by", host).returncode == 0
        seen = tshark(end)
        assert {row.interface for row in seen} == {"eth0"}
        assert [row.at for row in seen] == sorted(row.at for row in seen)
        at_an_end += [replace(row, interface=f"{host} eth0") for row in seen]
    assert len(at_an_end) == len(captured) + sum(act.verb != "drop" for act in acts)

    for number, event in enumerate(captured, start=1):
        mine = [row for row in at_an_end if row.packet == number]
        mine.sort(key=lambda row: row.interface != f"{event.host} eth0")
        assert all(agrees(row, event) for row in mine), (event, mine)
        assert all(row.captured == row.frame_length for row in mine)
        left, *arrived = mine
        assert left == rows[number - 1]
        assert left.interface == f"{event.host} eth0"
        assert left.at == pytest.approx(event.at, abs=1e-6)
        assert {row.interface for row in arrived} <= {f"{event.receiver} eth0"}
        instants = sorted(act.at for act in acts if act.frame == event.frame and act.verb != "drop")
        assert [row.at for row in arrived] == pytest.approx(instants, abs=1e-6)

    def comments(of: str, within: list[Row] = rows) -> list[str]:
        return [row.comment for row in within if of in row.comment]

    assert len(comments("sent ×2 while the link held it")) == 1
    assert len(comments("copy 2 of packet 1, which the link still held")) == 1
    assert re.search(r"held for \d+\.\d s, then delivered", rows[0].comment)
    assert len(comments("delivered ×2: duplicated by the link")) == 1
    assert len(comments("arrival 2 of 2", at_an_end)) == 1
    assert len(comments("dropped by the link")) == 1
    assert len(comments("retransmission")) == sum(
        meaning.role is Role.AGAIN for meaning in timeline.world.traffic.meanings.values()
    )


def test_who_has_seen_it_is_one_of_two_hosts(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    two = recorded(performed(HELD, two_hosts=True), tmp_path / "two.jsonl")
    one = recorded(performed(PLAIN, two_hosts=False), tmp_path / "one.jsonl")
    for recording, host, word in (
        (two, "router", "--seen-by router: the hosts of this recording are client, server"),
        (one, "loopback", "this recording has one host"),
    ):
        done = export(recording, out, "--seen-by", host)
        assert (done.returncode, done.stdout) == (2, "")
        assert word in done.stderr
        assert not out.exists()


def test_loopback_is_one_capture_cut_at_its_snap_length(tmp_path: Path) -> None:
    timeline = performed(PLAIN, two_hosts=False)
    out = tmp_path / "out.pcapng"
    assert export(recorded(timeline, tmp_path / "run.jsonl"), out).returncode == 0
    rows = tshark(out)
    captured = sorted((e for e in timeline.events if isinstance(e, PacketCaptured)), key=lambda e: e.at)
    assert len(rows) == len(captured) >= 6
    assert all(agrees(row, event) for row, event in zip(rows, captured, strict=True))
    assert {row.interface for row in rows} == {"lo"}
    (data,) = (row for row in rows if row.length == 1000)
    assert data.captured == 256 < data.frame_length


def test_a_recording_that_breaks_off_is_exported_to_its_break(tmp_path: Path) -> None:
    whole = recorded(performed(PLAIN, two_hosts=False), tmp_path / "run.jsonl").read_bytes()
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(whole[: whole.rindex(b"PacketCaptured") + 40])
    out = tmp_path / "out.pcapng"
    done = export(cut, out)
    assert done.returncode == 0
    assert "breaks off" in done.stderr
    kept = [e for e in load_file(cut).timeline.events if isinstance(e, PacketCaptured)]
    assert len(tshark(out)) == len(kept) > 0


def test_what_cannot_be_exported_says_why_and_leaves_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    timeline = performed(lesson_text(LISTENING), two_hosts=False)
    silent = recorded(timeline, tmp_path / "silent.jsonl")
    foreign = tmp_path / "foreign"
    foreign.write_text("hello\n")
    for recording, code, word in (
        (silent, 1, "this recording has no captured packets: nothing was sent in it"),
        (foreign, 1, "not a sockviz recording"),
        (tmp_path / "nosuch", 2, "nosuch: cannot be read"),
    ):
        done = export(recording, out)
        assert (done.returncode, done.stdout) == (code, "")
        assert word in done.stderr
        assert "Traceback" not in done.stderr
        assert not out.exists()


def test_a_file_that_exists_is_never_written_over(tmp_path: Path) -> None:
    recording = recorded(performed(PLAIN, two_hosts=False), tmp_path / "run.jsonl")
    out = tmp_path / "precious"
    out.write_text("precious")
    done = export(recording, out)
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert out.read_text() == "precious"
    assert export(recording, tmp_path / "no" / "such" / "directory").returncode == 2
