"""Lessons on two hosts: the link in the reader's and the lesson's hands, and what the world then says of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from sockviz.lab.directory import open_labs
from sockviz.lab.init import WIRE
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import TwoHostsLab, open_two_hosts
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import CaptureLost, LinkActed, LinkSet, PacketCaptured
from sockviz.model.hosts import LINK
from sockviz.player.check import check_lesson
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.waiting import LATE, does_not_come_on, waits_at_the_link
from tests.player.lessons import LISTENING, lesson_text, perform_in, run
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
FRONT = "lab: two-hosts\n"
CONNECT = "\n```python @client\nc = socket.socket()\nc.connect((HOST, PORT))\n```\n"
HANDSHAKE = lesson_text(
    LISTENING
    + "\n```python @link\nlink.hold()\n```\n"
    + CONNECT
    + """
```expect
client.c.state == "SYN-SENT"
client.blocked == "connect"
link.held == ["client SYN"]
rows(host="server") == rows(state="LISTEN")
```

```python @link
link.deliver("client SYN")
```

```expect
server.s.syn_queue == 1
client.c.state == "SYN-SENT"
link.held == ["server SYN+ACK"]
link.delivered == ["client SYN"]
```

```python @link
link.drop()
```

```expect
within 5s: "server SYN+ACK" in link.held
link.dropped == ["server SYN+ACK"]
server.s.syn_queue == 1
```

```python @link
link.deliver("SYN+ACK")
```

```expect
client.c.state == "ESTABLISHED"
client.blocked == None
"client ACK" in link.held
len(rows(state="SYN-RECEIVED", host="server")) == 1
```

```python @link
link.deliver("client ACK")
```

```expect
server.s.accept_queue == 1
server.s.syn_queue == 0
```

```python @link
link.release()
```

```expect
link.held == []
packets[0] == "client SYN"
```
""",
    """
```python @link
link.drop("client SYN")
```

```python @client
d = socket.socket()
d.connect((HOST, PORT))
```

```expect
within 5s: client.d.state == "ESTABLISHED"
link.dropped == ["server SYN+ACK", "client SYN"]
```
""",
    front=FRONT,
)


async def a_lab() -> TwoHostsLab:
    try:
        return await open_two_hosts()
    except LabRefused as refusal:
        unavailable(f"this machine allows no two hosts: {refusal}")


def reported(text: str, tmp_path: Path) -> list[str]:
    """The problems that `check` finds in a lesson."""
    path = tmp_path / "01-lesson.md"
    path.write_text(text)
    report = run(check_lesson(path, "auto"))
    if report.skipped is not None:
        unavailable(report.skipped)
    return [f"{problem.kind}: {problem.message}" for problem in report.problems]


async def performed(text: str) -> Performance:
    return await perform_in(await a_lab(), text)


def test_a_handshake_in_steps_and_a_loss(tmp_path: Path) -> None:
    assert reported(HANDSHAKE, tmp_path) == []


def test_the_timeline_tells_what_became_of_every_packet() -> None:
    async def work() -> None:
        performance = await performed(HANDSHAKE)
        await performance.close()
        timeline = performance.timeline
        sent = {event.frame: event for event in timeline.events if isinstance(event, PacketCaptured)}
        assert sorted(frame for frame in sent if frame) == list(range(1, len(sent) + 1))
        fates = Counter(event.frame for event in timeline.events if isinstance(event, LinkActed))
        assert set(fates) == set(sent)
        assert set(fates.values()) == {1}  # nothing was duplicated: each was delivered or dropped, once
        for event in timeline.events:
            if isinstance(event, LinkActed):
                assert event.at > sent[event.frame].at
        holding = [event.holding for event in timeline.events if isinstance(event, LinkSet)]
        assert holding == [("client", "server"), ()]
        link = timeline.world.link
        assert link is not None
        assert link.held == ()
        assert len(link.delivered) + len(link.dropped) <= len(sent)
        # The second SYN of the second page is the client's own, and marked as one.
        repeated = [e.packet.label for e in sent.values() if e.relative and e.relative.retransmission]
        assert repeated.count("SYN") >= 1
        assert repeated.count("SYN+ACK") >= 1

    run(work())


def test_what_does_not_come_on_at_a_wire_that_gets_no_processor() -> None:
    """It was stopped, which is as slow as a machine can be. `link.hold()` waits for no packet, and a check has its time."""

    async def work() -> None:
        text = "```python @link\nlink.hold()\n```\n\n```expect\nwithin 3s: link.held == [7]\n```\n"
        lab = await a_lab()
        performance = Performance(parse_lesson(lesson_text(text, front=FRONT), "test.md"), lab)
        (wire,) = wires()
        try:
            os.kill(wire, signal.SIGSTOP)
            step = asyncio.ensure_future(performance.advance())
            while LINK not in performance.timeline.world.begun:
                await asyncio.sleep(0.01)
            assert waits_at_the_link(performance) == ""
            told = "link.hold() has not come on for 9 s: this machine is too slow, or it was stopped"
            assert does_not_come_on(performance, 9) == told
            os.kill(wire, signal.SIGCONT)
            while next(iter(performance.timeline.world.lines.values())).finished is None:
                await asyncio.sleep(0.01)
            assert does_not_come_on(performance, LATE + 2) == ""
            assert does_not_come_on(performance, LATE + 4).startswith("this step has not come on for 12 s")
            step.cancel()
        finally:
            os.kill(wire, signal.SIGCONT)
            await performance.close()

    run(work())


def test_an_order_for_a_packet_that_never_comes_is_a_problem_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sockviz.player.check.Patience", lambda: Patience(deadline=0.3))
    text = lesson_text(
        "```python @link\nlink.hold()\n```\n\n```python @client\nc = socket.socket()\n```\n\n"
        '```python @link\nlink.deliver("server RST")\n```\n',
        front=FRONT,
    )
    (problem,) = reported(text, tmp_path)
    assert "no packet that matches server RST came" in problem


def test_the_reader_takes_the_wire_over_while_the_lesson_waits_for_a_packet() -> None:
    """A line that waits for its packet goes on when everything is let go by hand."""

    async def work() -> None:
        text = lesson_text(
            LISTENING
            + "\n```python @link\nlink.hold()\n```\n"
            + CONNECT
            + '\n```python @link\nlink.drop("RST")\n```\n'
            '\n```expect\nclient.c.state == "ESTABLISHED"\n```\n',
            front=FRONT,
        )
        lab = await a_lab()
        performance = Performance(parse_lesson(text, "test.md"), lab)
        try:
            while performance.next.statement is None or "RST" not in performance.next.statement.source:
                await performance.advance()
            waiting = asyncio.ensure_future(performance.advance())
            await asyncio.wait({waiting}, timeout=0.1)
            assert not waiting.done()
            assert lab.link is not None
            await lab.link.order("release")
            await asyncio.wait_for(waiting, 10)
            while performance.next.do is not Do.END:
                await performance.advance()
            assert [each.ok for each in performance.timeline.world.expectations.values()] == [True]
        finally:
            await performance.close()

    run(work())


def anchors(directory: Path) -> dict[str, str]:
    return dict(line.split() for line in (directory / "hosts").read_text().splitlines())


def test_a_thousand_connections_through_a_link_in_flow_are_all_in_the_timeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other labs of this user are none of ours

    async def work() -> None:
        text = lesson_text("```python @server\ns = socket.socket()\n```\n", front=FRONT)
        performance = Performance(parse_lesson(text, "test.md"), await a_lab(), patience=Patience())
        (directory,) = open_labs()
        try:
            hosts = anchors(directory)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.lab.traffic", hosts["server"], hosts["client"], "connections", "1000",
                cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, _ = await process.communicate()
            assert json.loads(said) > 0
            events = performance.timeline.events
            while (
                (link := performance.timeline.world.link) is None or link.held or len(link.delivered) < 8000
            ):
                await asyncio.sleep(0.02)
            await performance.advance()
        finally:
            await performance.close()
        assert performance.problem is None
        assert not any(isinstance(event, CaptureLost) for event in events)
        frames = [event.frame or 0 for event in events if isinstance(event, PacketCaptured)]
        assert sorted(frames) == list(range(1, len(frames) + 1))
        # On a busy machine TCP may send one of them again; each connection has its own port.
        seen = {
            (event.sender, event.packet.label, max(event.packet.source[1], event.packet.destination[1]))
            for event in events if isinstance(event, PacketCaptured)
        }  # fmt: skip
        kinds = Counter(f"{sender} {label}" for sender, label, _ in seen)
        for kind in ("client SYN", "server SYN+ACK", "client PSH+ACK", "client FIN+ACK", "server FIN+ACK"):
            assert kinds[kind] == 1000, kinds
        acted = [event.frame for event in events if isinstance(event, LinkActed)]
        assert sorted(acted) == sorted(frames)

    run(work(), deadline=60)


def test_a_link_whose_process_is_killed_ends_the_run_and_says_so() -> None:
    async def work() -> None:
        lab = await a_lab()
        performance = Performance(parse_lesson(HANDSHAKE, "test.md"), lab)
        try:
            while performance.next.statement is None or "deliver" not in performance.next.statement.source:
                await performance.advance()
            for pid in wires():
                os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(10):
                while performance.problem is None:
                    await asyncio.sleep(0.01)
            assert "link" in performance.problem
            assert performance.next.do is Do.END
        finally:
            await performance.close()

    run(work())


def wires() -> list[int]:
    """The processes of ours that are a link."""
    import psutil

    return [
        child.pid for child in psutil.Process().children(recursive=True)
        if child.name() == WIRE.decode()
    ]  # fmt: skip


def test_a_line_for_the_wire_is_over_when_all_that_it_set_off_is_heard() -> None:
    """No expectation follows, so nothing is waited for but rest itself: the hosts' answers, and who they woke."""
    text = lesson_text(
        LISTENING
        + "\n```python @server\nconn, peer = s.accept()\n```\n\n```python @link\nlink.hold()\n```\n"
        + CONNECT,
        "```python @link\nlink.deliver()\nlink.deliver()\nlink.deliver()\n```\n",
        front=FRONT,
    )

    async def work() -> None:
        performance = Performance(parse_lesson(text, "test.md"), await a_lab(), patience=Patience())
        try:
            found = []
            while performance.next.do is not Do.END:
                statement = performance.next.statement
                await performance.advance()
                if statement is not None and statement.process == "link":
                    world = performance.timeline.world
                    assert world.link is not None
                    asleep = [name for name, process in world.processes.items() if process.line is not None]
                    found.append((len(world.link.held), asleep))
            assert found == [
                (0, ["server"]),
                (1, ["server", "client"]),  # SYN+ACK
                (1, ["server"]),  # ACK: connect has returned
                (0, []),
            ]
        finally:
            await performance.close()

    run(work())
