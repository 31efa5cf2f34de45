"""What is read from the kernel before a run is said to be at rest."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from sockviz.kernel.procfs import read_stat
from sockviz.player.rest import is_answered, is_asleep
from tests.player.lessons import CONNECTED, LABS, LISTENING, lesson_text, perform, run


@pytest.mark.parametrize("kind", LABS)
def test_a_process_that_does_not_sleep_is_no_rest(kind: str) -> None:
    async def work() -> None:
        performance = await perform(lesson_text(LISTENING + CONNECTED), kind)
        world, lab = performance.timeline.world, performance._lab
        pid = world.processes["client"].outer_pid

        async def until_state(states: str) -> None:
            while (stat := read_stat(pid)) is None or stat.state not in states:
                await asyncio.sleep(0.002)

        try:
            assert is_asleep(lab, world)
            os.kill(pid, signal.SIGSTOP)
            await until_state("T")
            assert not is_asleep(lab, world)
            os.kill(pid, signal.SIGCONT)
            await until_state("S")
            assert is_asleep(lab, world)
        finally:
            await performance.close()

    run(work())


@pytest.mark.parametrize(("sent", "answered"), [(1000, True), (10_000_000, False)])
def test_what_is_not_acknowledged_is_no_rest(sent: int, answered: bool) -> None:
    """More than the receiver has room for waits in Send-Q, and the kernel asks again and again."""

    async def work() -> None:
        send = f"\n```python @client\nc.setblocking(False)\nn = c.send(b'x' * {sent})\n```\n"
        performance = await perform(lesson_text(LISTENING + CONNECTED + send))
        try:
            assert is_answered(performance.timeline.world) is answered
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
            assert is_answered(world)
        finally:
            await performance.close()

    run(work())
