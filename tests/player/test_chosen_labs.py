"""Labs as lessons want them: with sysctls of their own, with IPv6 between two hosts; or skipped, with the reason."""

from __future__ import annotations

import pytest

from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.window import unset
from sockviz.lesson.parser import parse_lesson
from sockviz.model.world import World
from sockviz.player import labs
from sockviz.player.labs import LessonSkipped, lab_for
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from tests.lab.driver import FORBIDDEN
from tests.player.lessons import CONNECTED, LISTENING, all_hold, lesson_text, run
from tests.required import unavailable


async def perform(text: str, kind: str = "isolated") -> Performance:
    lesson = parse_lesson(text, "test.md")
    try:
        chosen = await lab_for(lesson, kind)
    except LabRefused as refusal:
        if refusal.number in FORBIDDEN:
            unavailable(str(refusal))
        raise
    performance = Performance(lesson, chosen.lab, patience=Patience())
    while performance.next.do is not Do.END:
        await performance.advance()
    await performance.close()
    return performance


def performed(text: str) -> World:
    return run(perform(text)).timeline.world


def test_a_setting_is_in_force_and_told() -> None:
    text = lesson_text(
        """
        ```python @client
        a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        a.bind((HOST, 0))
        b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        b.bind((HOST, 0))
        c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        c.bind((HOST, 0))
        ```

        ```expect
        sorted([client.a.local[1], client.b.local[1]]) == [40000, 40001]
        client.last.error == "EADDRINUSE"
        ```
        """,
        front="sysctls: {ip_local_port_range: 40000 40001}\n",
    )
    performance = run(perform(text))
    assert all_hold(performance.timeline.world)
    in_header = performance.timeline.header.lab.sysctls["net.ipv4.ip_local_port_range"]
    assert in_header.split() == ["40000", "40001"]


def test_where_the_network_is_the_machine_s_own_it_is_skipped() -> None:
    with pytest.raises(LessonSkipped, match="a network of its own"):
        run(perform(lesson_text("x", front="sysctls: {tcp_sack: 0}\n"), "host"))


def test_where_the_kernel_lacks_it_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def without(kind: str, sysctls: object) -> object:
        lab = await open_lab("isolated")
        lab.facts.missing["net.ipv4.tcp_sack"] = "this kernel has no such setting"  # type: ignore[index]
        return lab

    monkeypatch.setattr(labs, "open_lab", without)
    with pytest.raises(
        LessonSkipped,
        match=r"it sets net\.ipv4\.tcp_sack, which this lab \(isolated\) does not take: this kernel has no",
    ):
        run(perform(lesson_text("x", front="sysctls: {tcp_sack: 0}\n")))


def test_what_could_not_be_set() -> None:
    wanted = {"a.b": "1", "c.d": "1 2", "e.f": "3", "g.h": "4"}
    lacking = unset(wanted, {"a.b": "1", "c.d": "1\t2", "e.f": "9"}, {"x.y": 13})
    assert lacking == {"e.f": "the kernel made 9 of it", "g.h": "this kernel has no such setting"}
    assert "errno 13" in unset({"x.y": "1"}, {}, {"x.y": 13})["x.y"]


SIX = "lab: two-hosts\nip: 6\n"


def test_two_hosts_reach_each_other_by_ipv6() -> None:
    connected = LISTENING + CONNECTED
    text = lesson_text(
        connected.replace("socket.socket()", "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)")
        + """
```expect
server.peer[0] == "fd00::1"
client.c.peer[0] == "fd00::2"
HOST == "fd00::2"
packets == ["client SYN", "server SYN+ACK", "client ACK"]
len(rows(host="server", family="AF_INET6")) == 2
rows(host="client")[0].peer == server.conn.local
```
""",
        front=SIX,
    )
    world = performed(text)
    assert [judged.actual for judged in world.expectations.values() if not judged.ok] == []


def test_the_wire_holds_drops_and_delivers_ipv6() -> None:
    text = lesson_text(
        """
        ```python @server
        s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        s.bind((HOST, PORT))
        s.listen(2)
        u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        u.bind((HOST, PORT))
        ```

        ```python @link
        link.hold()
        ```

        ```python @client
        c = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        c.connect((HOST, PORT))
        ```

        ```expect
        link.held == ["client SYN"]
        client.c.state == "SYN-SENT"
        ```

        ```python @link
        link.deliver("client SYN")
        link.deliver("server SYN+ACK")
        ```

        ```expect
        client.c.state == "ESTABLISHED"
        server.s.syn_queue == 1
        ```

        ```python @link
        link.release()
        link.drop("client UDP")
        ```

        ```python @client
        d = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        d.sendto(b"lost", (HOST, PORT))
        d.sendto(b"kept", (HOST, PORT))
        ```

        ```python @server
        got = u.recv(100)
        ```

        ```expect
        server.got == b"kept"
        link.dropped == ["client UDP"]
        ```
        """,
        front=SIX,
    )
    world = performed(text)
    assert [judged.actual for judged in world.expectations.values() if not judged.ok] == []


def test_nothing_that_ipv6_says_of_its_own_is_shown() -> None:
    text = lesson_text(
        """
        ```python @client
        d = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        d.sendto(b"?", (HOST, PORT))
        ```

        ```expect
        packets == ["client UDP", "server ICMP"]
        ```
        """,
        front=SIX,
    )
    world = performed(text)
    assert [judged.actual for judged in world.expectations.values() if not judged.ok] == []
