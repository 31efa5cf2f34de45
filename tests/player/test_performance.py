"""Lessons performed in real labs: what a line does, and what the world says afterwards."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import time
from textwrap import dedent
from typing import NoReturn

import pytest

from sockviz.kernel import capture
from sockviz.kernel.errors import KernelRefused
from sockviz.lab.loopback import open_lab
from sockviz.lesson.parser import parse_lesson
from sockviz.model.call import Stage
from sockviz.model.events import (
    CallBlocked,
    CallReturned,
    PacketCaptured,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue
from sockviz.player import bounds
from sockviz.player.next import Do
from sockviz.player.performance import Performance
from tests.player.lessons import CONNECTED, LABS, LISTENING, all_hold, lesson_text, perform, performed, run


def held(*expectations: str) -> str:
    return "\n```expect\n" + "\n".join(expectations) + "\n```\n"


@pytest.mark.parametrize("kind", LABS)
def test_a_connection_is_seen_from_both_ends(kind: str) -> None:
    world = performed(
        lesson_text(
            LISTENING
            + held('server.s.state == "LISTEN"', "server.s.backlog == 2", "server.s.accept_queue == 0"),
            CONNECTED
            + held(
                'client.c.state == "ESTABLISHED"',
                'server.conn.state == "ESTABLISHED"',
                "server.conn.fd == 4",
                "client.c.local == server.peer",
                "client.c.peer == server.conn.local",
                "server.conn.peer == client.c.local",
                "server.fds == [0, 1, 2, 3, 4]",
                "client.fds == [0, 1, 2, 3]",
            ),
        ),
        kind,
    )
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []
    assert len(world.expectations) == 11


@pytest.mark.parametrize("kind", LABS)
def test_a_blocked_call_blocks_its_process_only(kind: str) -> None:
    async def work() -> None:
        text = lesson_text(
            LISTENING + "\n```python @server\nconn, peer = s.accept()\n```\n",
            CONNECTED.split("```python @server")[0],
        )
        performance = await perform(text, kind)
        timeline = performance.timeline
        blocked = [event for event in timeline.events if isinstance(event, CallBlocked)]
        assert [event.process for event in blocked] == ["server"]
        evidence = blocked[0].evidence
        assert evidence is not None
        assert (evidence.syscall, evidence.state) == ("accept4", "S")
        assert evidence.arguments[0] == 3  # asleep on descriptor 3: the listening socket
        server = timeline.world.processes["server"]
        call = next(call for call in server.calls if call.name == "accept")
        assert call.stage is Stage.RETURNED
        assert call.slept
        await performance.close()

    run(work())


def test_a_failed_call_leaves_its_target_and_goes_on() -> None:
    world = performed(
        lesson_text(
            """
            ```python @client
            x = 7
            c = socket.socket()
            x = c.recv(10)
            y = c.connect_ex((HOST, PORT3))
            ```

            ```expect
            client.x == 7
            client.last.name == "connect_ex"
            ```

            ```python @client
            c.connect((HOST, PORT3))
            ```

            ```expect
            client.last.error == "ECONNREFUSED"
            client.c.state == "CLOSED"
            client.c.fd == 3
            ```
            """
        )
    )
    assert all_hold(world), world.expectations
    client = world.processes["client"]
    assert [(call.name, call.error) for call in client.calls if call.error] == [
        ("recv", "ENOTCONN"),
        ("connect", "ECONNREFUSED"),
    ]


@pytest.mark.parametrize("kind", LABS)
def test_fork_makes_a_process_with_the_same_names(kind: str) -> None:
    world = performed(
        lesson_text(
            LISTENING,
            CONNECTED,
            """
            ```python @server
            worker = os.fork()
            conn.close()
            ```

            ```expect
            worker.last.name == "fork"
            worker.last.value == 0
            worker.pid == server.worker
            server.conn.fd is None
            worker.conn.fd == 4
            server.conn.state == "ESTABLISHED"
            ```

            ```python @worker
            conn.send(b"from the child")
            os._exit(3)
            ```

            ```python @client
            said = c.recv(100)
            end = c.recv(100)
            ```

            ```expect
            client.said == b"from the child"
            client.end == b""
            worker.alive == False
            worker.status == 3
            server.alive
            ```
            """,
        ),
        kind,
    )
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []
    assert world.processes["worker"].parent == "server"


def test_a_line_waits_for_the_whole_line_before_it_also_where_its_call_has_returned() -> None:
    """What recv gave is told twice, with its return and with its line; there is much of it, so that some time lies between."""
    text = lesson_text(
        LISTENING,
        CONNECTED,
        """
        ```python @server
        data = conn.recv(4000000, socket.MSG_WAITALL)
        ```

        ```expect
        server.blocked == "recv"
        ```

        ```python @client
        c.sendall(b"x" * 4000000)
        ```

        ```python @server
        worker = os.fork()
        ```

        ```python @worker
        fd = conn.fileno()
        ```
        """,
    )

    async def work() -> None:
        performance = await perform(text)
        await performance.close()
        at: dict[str, int | None] = {}
        for event in performance.timeline.events:
            match event:
                case StatementBegun():
                    assert at.get(event.process) is None, (
                        f"{event.process} was still at line {at[event.process]}"
                    )
                    at[event.process] = event.line
                case StatementFinished():
                    at[event.process] = None
        world = performance.timeline.world
        assert world.processes["worker"].parent == "server"
        assert world.processes["worker"].names["fd"] == 4

    run(work())


@pytest.mark.parametrize("kind", LABS)
def test_the_death_of_a_process_is_seen_with_its_signal(kind: str) -> None:
    world = performed(
        lesson_text(
            """
            ```python @client
            me = os.getpid()
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            a, b = socket.socketpair()
            b.close()
            a.send(b"x")
            ```

            ```expect
            client.alive == False
            client.status == "SIGPIPE"
            ```
            """
        ),
        kind,
    )
    assert all_hold(world), world.expectations
    assert world.processes["client"].calls[-1].stage is Stage.ABANDONED


def test_packets_are_captured_in_order_before_the_call_they_complete_returns() -> None:
    async def work() -> None:
        performance = await perform(lesson_text(LISTENING, CONNECTED))
        events = performance.timeline.events
        labels = [seen.text for seen in performance.timeline.world.packets]
        assert labels == ["client SYN", "server SYN+ACK", "client ACK"]
        relative = [seen.event.relative for seen in performance.timeline.world.packets]
        assert [(r.seq, r.ack) for r in relative if r] == [(0, None), (0, 1), (1, 1)]
        returned = next(
            n
            for n, event in enumerate(events)
            if isinstance(event, CallReturned) and event.process == "client" and event.call == 2
        )
        captured = [n for n, event in enumerate(events) if isinstance(event, PacketCaptured)]
        assert max(captured) < returned
        assert not any(seen.event.late for seen in performance.timeline.world.packets)
        await performance.close()

    run(work())


def test_what_comes_after_as_many_packets_as_a_run_keeps_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = lesson_text(LISTENING, CONNECTED + held("client.c.state == 'ESTABLISHED'"))
    sent = len(performed(text).packets)
    monkeypatch.setattr(bounds, "MOST_PACKETS", 2)
    world = performed(text)
    assert (len(world.packets), world.capture_lost) == (2, sent - 2)


def test_a_refused_connection_is_the_kernels_answer() -> None:
    world = performed(lesson_text("```python @client\nc = socket.socket()\nc.connect((HOST, PORT2))\n```"))
    assert [seen.text for seen in world.packets] == ["client SYN", "kernel RST+ACK"]
    assert [seen.event.receiver for seen in world.packets] == ["kernel", "client"]


def test_a_ping_is_answered_by_the_kernel_and_the_answer_is_the_pingers() -> None:
    ping = """
```python @pinger
p = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
p.sendto(struct.pack("!BBHHH", 8, 0, ~(0x0800 + 7 + 1) & 0xFFFF, 7, 1), (HOST, 0))
```
"""
    front = "privileged: [pinger]\n"
    world = performed(lesson_text(ping + held('packets == ["pinger ICMP", "kernel ICMP"]'), front=front))
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []
    assert [seen.event.receiver for seen in world.packets] == ["kernel", "pinger"]


def test_without_capture_the_handshake_is_inferred_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(interface: str) -> NoReturn:
        raise KernelRefused(errno.EPERM, "socket(AF_PACKET)")

    monkeypatch.setattr(capture, "open_capture", refused)  # as an ordinary user has it

    async def work() -> None:
        lab = await open_lab("host")
        assert not lab.facts.has_packets
        performance = Performance(parse_lesson(lesson_text(LISTENING, CONNECTED), "test.md"), lab)
        while performance.next.do is not Do.END:
            await performance.advance()
        world = performance.timeline.world
        assert len(world.packets) == 0
        assert [(s.sender, s.label) for s in world.inferred][:3] == [
            ("client", "SYN"),
            ("server", "SYN+ACK"),
            ("client", "ACK"),
        ]
        assert all(segment.because for segment in world.inferred)
        await performance.close()

    run(work())


def test_a_line_for_a_sleeping_process_waits_and_says_for_what() -> None:
    async def work() -> None:
        text = lesson_text(
            LISTENING
            + dedent(
                """
                ```python @server
                conn, peer = s.accept()
                after = 1
                ```
                """
            )
        )
        lesson = parse_lesson(text, "test.md")
        performance = Performance(lesson, await open_lab("isolated"))
        for _ in range(4):
            await performance.advance()
        following = performance.next
        assert following.do is Do.WAIT
        assert following.call is not None
        assert following.call.name == "accept"
        waiting = asyncio.ensure_future(performance.advance())
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done  # nobody gives up on it
        events = len([e for e in performance.timeline.events if isinstance(e, StatementBegun)])
        assert events == 4  # and nothing was performed out of turn
        waiting.cancel()
        await performance.close()

    run(work())


def test_a_closed_socket_keeps_its_connection_until_the_lesson_ends() -> None:
    world = performed(
        lesson_text(
            LISTENING,
            CONNECTED,
            """
            ```python @client
            c.close()
            ```

            ```expect
            client.c.fd is None
            client.c.state == "FIN-WAIT-2"
            server.conn.state == "CLOSE-WAIT"
            server.conn.recv_q == 1
            ```

            ```python @server
            conn.close()
            ```

            ```expect
            client.c.state == "TIME-WAIT"
            client.c.timer == "timewait"
            server.conn.state == "CLOSED"
            len(rows(state="TIME-WAIT")) == 1
            rows(state="TIME-WAIT")[0].inode == 0
            ```
            """,
        )
    )
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []


def test_one_client_too_many_is_not_in_the_queue_and_gets_in_after_accept() -> None:
    text = lesson_text(
        """
        ```python @server
        s = socket.socket()
        s.bind((HOST, PORT))
        s.listen(0)
        ```

        ```python @client
        a = socket.socket()
        a.connect((HOST, PORT))
        ```

        ```python @late
        b = socket.socket()
        b.connect((HOST, PORT))
        ```

        ```expect
        server.s.accept_queue == 1
        late.b.state == "SYN-SENT"
        late.b.timer == "on"
        late.blocked == "connect"
        counters.ListenOverflows >= 1
        within 5s: late.b.retransmits >= 1
        ```

        ```python @server
        conn, peer = s.accept()
        ```

        ```expect
        within 10s: late.b.state == "ESTABLISHED"
        late.blocked is None
        ```
        """
    )
    world = performed(text)
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []


def test_every_expectation_and_prediction_is_judged_at_its_place() -> None:
    world = performed(
        lesson_text(
            LISTENING
            + dedent(
                """
                ```expect
                server.s.fd == 3
                server.s.fd == 99
                ```

                ```predict
                How long is the queue?
                - 0
                - `1`
                answer: server.s.accept_queue
                ```
                """
            )
        )
    )
    assert [judged.ok for judged in world.expectations.values()] == [True, False]
    assert [settled.answer for settled in world.answers.values()] == ["0"]
    (wrong,) = [judged for judged in world.expectations.values() if not judged.ok]
    assert "server.s.fd is 3" in wrong.actual


def test_still_means_that_it_held_before() -> None:
    world = performed(
        lesson_text(
            LISTENING + held("server.s.fd == 3"),
            CONNECTED
            + held('still: server.s.state == "LISTEN"', "still: server.conn.fd == 4", "server.s.fd == 3"),
        )
    )
    verdicts = {judged.source: (judged.ok, judged.proves_nothing) for judged in world.expectations.values()}
    assert verdicts['still: server.s.state == "LISTEN"'] == (True, False)
    assert verdicts["still: server.conn.fd == 4"] == (False, False)  # it holds now, but did not before
    assert world.expectations[max(world.expectations)].proves_nothing


def test_names_in_the_world_are_what_the_process_reported() -> None:
    world = performed(lesson_text(LISTENING, CONNECTED))
    conn = world.processes["server"].names["conn"]
    assert isinstance(conn, SocketValue)
    row = world.row_of(conn.inode)
    assert row is not None
    assert row.state is State.ESTABLISHED
    assert world.owner_of(conn.inode) == "server"
    assert world.name_of("server", conn.inode) == "conn"


def test_an_epoll_object_is_told_by_its_descriptor() -> None:
    world = performed(lesson_text(LISTENING + "\n```python @server\ne = select.epoll()\n```\n"))
    assert str(world.processes["server"].names["e"]) == "4"


def test_a_packet_is_heard_of_when_it_comes_however_seldom_one_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue: the SYN is sent again after a second, when nothing has moved for long and nobody has said a word."""
    monkeypatch.setattr("sockviz.player.pump.IDLE", 3600.0)
    connect = "\n```python @client{}\nc = socket.socket()\nc.connect((HOST, PORT))\n```\n"
    world = performed(
        lesson_text(
            LISTENING.replace("listen(2)", "listen(0)") + connect.format(1) + connect.format(2),
            "Wait." + held("within 10s: client2.c.retransmits >= 1", "len(packets) > 4"),
        ),
        "isolated",
    )
    assert [(e.source, e.actual) for e in world.expectations.values() if not e.ok] == []


def test_a_performance_can_be_closed_at_any_moment() -> None:
    """Also where what it waits for comes in the very turn of the event loop in which it is told to end."""

    async def work() -> None:
        for turns in range(24):
            lesson = parse_lesson(lesson_text(LISTENING), "test.md")
            lab = await open_lab("host")
            performance = Performance(lesson, lab)
            lab._crew.say(
                ProcessStarted(time.time(), "somebody", 1, 1, "loopback")
            )  # more is to come: its first call
            for _ in range(turns):
                await asyncio.sleep(0)
            lab._crew.say(ProcessStarted(time.time(), "somebody else", 2, 2, "loopback"))
            closing = asyncio.create_task(performance.close())
            done, _ = await asyncio.wait({closing}, timeout=5)
            closing.cancel()
            await asyncio.wait({closing})
            assert done, turns

    run(work(), 240)  # two dozen labs, one after the other: on a busy machine half a minute, and more


def test_lines_of_a_process_that_has_ended_fail_and_say_so() -> None:
    lines = ("os._exit(0)", "s = socket.socket()", "s.listen(1)")
    together = lesson_text("".join(f"```python @server{how}\n{body}\n```\n\n" for how, body in (
        ("", lines[0]), (" at once", "\n".join(lines[1:])), ("", lines[1]))))  # fmt: skip
    world = performed(together)
    failed = [line for line in world.lines.values() if line.error == "ProcessEnded"]
    assert [line.message for line in failed] == ["server has ended: no process can perform this line"] * 3
    assert not world.misfits


@pytest.mark.parametrize(
    ("number", "goes_on"), [(signal.SIGSEGV, False), (signal.SIGUSR1, False), (signal.SIGALRM, True)]
)
def test_a_process_that_somebody_else_has_ended_ends_the_run(number: signal.Signals, goes_on: bool) -> None:
    async def work() -> None:
        performance = await perform(lesson_text(LISTENING), "isolated")
        try:
            os.kill(performance.timeline.world.processes["server"].outer_pid, number)
            while performance.timeline.world.processes["server"].alive:
                await performance._performed.hear(10)
            told = None if goes_on else f"server was killed by {number.name}, and no line has done that"
            assert performance.problem == told
        finally:
            await performance.close()

    run(work())


CHECKED = """
```predict
In which state is s?
- none
- LISTEN
answer: server.s.state or "none"
```

```python @server
s = socket.socket()
```

```expect
within 60s: server.s.state == "LISTEN"
```
"""


def test_nothing_is_said_of_what_was_expected_once_the_run_can_go_on_no_more() -> None:
    async def work() -> None:
        performance = Performance(parse_lesson(lesson_text(CHECKED), "test.md"), await open_lab("isolated"))
        try:
            step = asyncio.ensure_future(performance.advance())
            while (world := performance.timeline.world).lines == {} or not all(
                line.finished for line in world.lines.values()
            ):
                await performance._performed.hear(10)
            os.kill(world.processes["server"].outer_pid, signal.SIGKILL)
            await step
            assert performance.problem == "server was killed by SIGKILL, and no line has done that"
            assert (world.expectations, world.answers) == ({}, {})
            await performance.advance()
            assert performance.next.do is Do.END
        finally:
            await performance.close()

    run(work())
