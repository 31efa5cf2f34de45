"""What is read from the kernel before a run is said to be at rest."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from sockviz.kernel import procfs
from sockviz.kernel.procfs import ProcessStat, read_stat
from sockviz.model.events import LinkActed, LinkSet, Observed, PacketCaptured
from sockviz.model.lab_facts import LabFacts
from sockviz.model.script_text import UnreadScript
from sockviz.model.segments import Packet, TcpHeader
from sockviz.model.sockets import SocketRow, State
from sockviz.model.timeline import Header, Timeline
from sockviz.player.pump import Pump
from sockviz.player.rest import come_to_rest, is_answered, is_asleep
from tests.player.lessons import CONNECTED, LABS, LISTENING, lesson_text, perform, run
from tests.player.scripted_lab import SLEEP, ScriptedLab, started


@pytest.mark.parametrize("kind", LABS)
def test_a_process_that_does_not_sleep_is_no_rest(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_the_disk(pid: int, *, proc: str = "/proc") -> ProcessStat | None:
        stat = read_stat(pid, proc=proc)
        return None if stat is None else replace(stat, state="D")

    async def work() -> None:
        performance = await perform(lesson_text(LISTENING + CONNECTED), kind)
        lab, processes = performance._lab, performance.timeline.world.processes
        pid = processes["client"].outer_pid

        async def until_state(states: str) -> None:
            while (stat := read_stat(pid)) is None or stat.state not in states:
                await asyncio.sleep(0.002)

        try:
            assert is_asleep(lab, processes.values())
            os.kill(pid, signal.SIGSTOP)
            await until_state("T")
            assert not is_asleep(lab, processes.values())
            os.kill(pid, signal.SIGCONT)
            await until_state("S")
            assert is_asleep(lab, processes.values())
            monkeypatch.setattr(procfs, "read_stat", at_the_disk)
            assert not is_asleep(lab, processes.values())
            monkeypatch.undo()
        finally:
            await performance.close()

    run(work())


class Looking:
    """As much of a pump as is asked to look. ``finds`` is what comes of each look in turn; of what comes later, nothing."""

    problem = None

    def __init__(self, *finds: Callable[[], None]) -> None:
        self.looks = 0
        self._finds = [*finds]

    async def looked(self) -> None:
        self.looks += 1
        if self._finds:
            self._finds.pop(0)()


async def looks_until_rest(wakes: bool, *, news: bool, link: bool = False) -> int:
    """How many looks it takes where the first finds something new or not, and wakes somebody for one more or not; ``link``: it
    finds that the link was told what to keep."""
    lab = ScriptedLab()
    timeline = Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", 0.0, "0"))
    timeline.append(started("server"))
    lab.sleeping["server"] = SLEEP

    def first() -> None:
        if link:
            timeline.append(LinkSet(timeline.world.at, ("client",)))
        if news:
            timeline.append(started("client"))
            lab.sleeping["client"] = SLEEP
        if wakes:
            del lab.sleeping["server"]

    looking = Looking(first, lambda: lab.sleeping.update(server=SLEEP))

    async def hear(_: float) -> None:
        return None

    await come_to_rest(lab, cast(Pump, looking), timeline, hear)
    return looking.looks


@pytest.mark.parametrize(
    ("wakes", "news", "looks"), [(False, False, 1), (False, True, 2), (True, False, 3), (True, True, 3)]
)
def test_rest_is_seen_twice_with_a_look_between_that_finds_nothing(
    wakes: bool, news: bool, looks: int
) -> None:
    assert run(looks_until_rest(wakes, news=news)) == looks


def test_what_the_link_is_told_to_keep_moves_nothing() -> None:
    assert run(looks_until_rest(False, news=False, link=True)) == 1
    assert run(looks_until_rest(False, news=True, link=True)) == 2


@pytest.mark.parametrize(("sent", "answered"), [(1000, True), (10_000_000, False)])
def test_what_is_not_acknowledged_is_no_rest(sent: int, answered: bool) -> None:
    """More than the receiver has room for waits in Send-Q, and the kernel asks again and again."""

    async def work() -> None:
        send = f"\n```python @client\nc.setblocking(False)\nn = c.send(b'x' * {sent})\n```\n"
        performance = await perform(lesson_text(LISTENING + CONNECTED + send))
        try:
            assert is_answered(performance.timeline) is answered
        finally:
            await performance.close()

    run(work())


def test_a_backlog_and_a_syn_are_nothing_that_is_acknowledged_late() -> None:
    """A listener's Send-Q is its backlog, and a SYN that a full queue dropped counts one."""

    async def work() -> None:
        connect = "\n```python @client{}\nc = socket.socket()\nc.connect((HOST, PORT))\n```\n"
        crowded = LISTENING.replace("listen(2)", "listen(0)") + connect.format(1) + connect.format(2)
        performance = await perform(lesson_text(crowded))
        try:
            world = performance.timeline.world
            assert {1, 0} <= {row.send_q for row in world.rows.values()}
            assert is_answered(performance.timeline)
        finally:
            await performance.close()

    run(work())


CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 8080)
SENT = Packet(1.0, "AF_INET", "TCP", CLIENT, SERVER, 5, 64, 45, TcpHeader(("PSH", "ACK"), 1, 1, 65535, 0, 0))
ACK = replace(SENT, source=SERVER, destination=CLIENT, length=0, tcp=TcpHeader(("ACK",), 1, 6, 65535, 0, 0))
FOREIGN = replace(ACK, source=("10.0.0.2", 8081))
FIN = replace(SENT, length=0, tcp=TcpHeader(("FIN", "ACK"), 6, 1, 65535, 0, 0))


def frame(number: int, packet: Packet, *verbs: str) -> list[PacketCaptured | LinkActed]:
    """A frame that was sent, and what the link did with it."""
    came = PacketCaptured(1.0, "client", packet, "client", "server", None, False, number, number)
    return [came, *(LinkActed(1.0, verb, number) for verb in verbs)]


@pytest.mark.parametrize(
    ("events", "answered"),
    [
        (frame(1, SENT), True),  # it is held
        (frame(1, SENT, "drop"), True),
        (frame(1, SENT, "deliver"), False),
        (frame(1, SENT, "duplicate", "deliver"), False),
        (frame(1, SENT, "deliver") + frame(2, ACK), True),  # its answer is held
        (frame(1, SENT, "deliver") + frame(2, FOREIGN), False),
        (frame(1, SENT, "deliver") + frame(2, ACK, "deliver") + frame(3, FIN), True),
        (frame(1, SENT, "deliver") + frame(2, ACK) + frame(3, FIN, "deliver"), False),
        (frame(1, SENT) + frame(2, FIN, "deliver") + frame(3, ACK), True),  # for the FIN: it came too early
        (frame(1, FOREIGN, "deliver"), True),
    ],
)
def test_what_a_link_of_ours_keeps_is_not_waited_for(
    events: list[PacketCaptured | LinkActed], answered: bool
) -> None:
    lab = LabFacts("two-hosts", ("private", "packets"), ("client", "server"))
    timeline = Timeline(Header(UnreadScript("", "pages.md"), lab, "6.18.0", 1.0))
    row = SocketRow(
        "AF_INET", "SOCK_STREAM", "TCP", State.ESTABLISHED, CLIENT, SERVER, 0, 5, inode=1, cookie=1, uid=0
    )
    for event in [LinkSet(1.0, ("client", "server")), Observed(1.0, "client", (row,)), *events]:
        timeline.append(event)
    assert is_answered(timeline) is answered
