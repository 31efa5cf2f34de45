"""Each state on screen equals what `ss` says in the same namespace at the same moment."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sockviz.lab.loopback import open_lab
from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import load_file
from sockviz.model.sockets import SocketRow, State
from sockviz.model.world import World
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.shelf import course, read_lesson
from tests.player.lessons import run
from tests.required import unavailable
from tools.coverage import errors_met

#: ss has its own names (iproute2 misc/ss.c, sstate_name).
NAMES = {
    "LISTEN": State.LISTEN, "ESTAB": State.ESTABLISHED, "SYN-SENT": State.SYN_SENT, "SYN-RECV": State.SYN_RECEIVED,
    "FIN-WAIT-1": State.FIN_WAIT_1, "FIN-WAIT-2": State.FIN_WAIT_2, "CLOSE-WAIT": State.CLOSE_WAIT,
    "CLOSING": State.CLOSING, "LAST-ACK": State.LAST_ACK, "TIME-WAIT": State.TIME_WAIT,
}  # fmt: skip


def by_ss(outer_pid: int) -> set[tuple[object, ...]]:
    """(state, Recv-Q, Send-Q, local, peer) of every TCP row that ss prints in the process's network namespace."""
    command = ["nsenter", "-t", str(outer_pid), "-U", "-n", "--preserve-credentials", "ss", "-Htan"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows: set[tuple[object, ...]] = set()
    for line in printed.splitlines():
        state, recv_q, send_q, local, peer = line.split()[:5]
        rows.add((NAMES[state], int(recv_q), int(send_q), every(local), every(peer)))
    return rows


def every(address: str) -> str:
    """ss has three ways to write any address: of IPv4, of IPv6 alone, and of both."""
    return re.sub(r"^(?:\[::\]|\*):", "0.0.0.0:", address)


def by_us(rows: list[SocketRow]) -> set[tuple[object, ...]]:
    """The same of our rows."""

    def text(address: object) -> str:
        if not isinstance(address, tuple):
            return "0.0.0.0:*"
        host = f"[{address[0]}]" if ":" in str(address[0]) else address[0]
        return every(f"{host}:{address[1]}")

    return {
        (row.state, row.recv_q, row.send_q, text(row.local), text(row.peer))
        for row in rows
        if row.protocol == "TCP" and not row.bound_only
    }


COURSE = [Path(name.path) for name in course()]
RECORDINGS = Path(__file__).parents[2] / "assets/recordings"


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_the_world_is_what_ss_prints_and_calls_fail_as_they_did_when_it_was_recorded(path: Path) -> None:
    """The latter holds what tests/test_coverage.py takes from recordings: each lesson is performed once, for both."""
    if shutil.which("ss") is None or shutil.which("nsenter") is None:
        unavailable("ss (iproute2) or nsenter (util-linux) is not installed")
    lesson = read_lesson(path)
    if lesson.lab != "loopback":
        pytest.skip("performed on two hosts")

    async def work() -> World:
        lab = await open_lab("isolated")
        performance = Performance(parse_lesson(lesson.text, str(path)), lab, patience=Patience())
        compared = 0
        try:
            while performance.next.do is not Do.END:
                await performance.advance()
                compared += await agree(performance)
        finally:
            await performance.close()
        assert performance.problem is None
        assert compared > 5
        return performance.timeline.world

    recorded = load_file(RECORDINGS / f"{path.stem}.jsonl").timeline.world
    assert errors_met(lesson, run(work(), deadline=120)).keys() == errors_met(lesson, recorded).keys()


async def agree(performance: Performance) -> int:
    """Compares at this moment; a state that moves while it is compared is looked at again, a few times."""
    import asyncio

    processes = performance.timeline.world.processes
    if not any(process.alive for process in processes.values()):
        return 0
    pid = next(process.outer_pid for process in processes.values() if process.alive)
    ours: set[tuple[object, ...]] = set()
    theirs: set[tuple[object, ...]] = set()
    for _ in range(40):
        theirs = by_ss(pid)
        ours = by_us(list(performance.timeline.world.rows.values()))
        # A SYN that waits to be sent again moves by itself; so do rows about to end. The pump sees them within 250 ms.
        if ours == theirs:
            return 1
        await asyncio.sleep(0.02)
    assert ours == theirs
    return 0
