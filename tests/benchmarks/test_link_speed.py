"""What the link adds and what it carries. Not part of the test command:

python -m pytest tests/benchmarks/test_link_speed.py -s --override-ini addopts=-q

In flow, against the same two veth pairs bridged by the kernel; where it has no bridge, against one veth pair between the hosts.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from sockviz.lab.supervisor import LabRefused
from sockviz.lab.two_hosts import TwoHostsLab, open_two_hosts
from sockviz.model.events import CaptureLost, PacketCaptured
from tests.lab.linked import children

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
ROUNDS, COUNT = 3, 3000
BULK = 32 << 20
TARGET = 150  # µs a packet, at the median


async def opened() -> tuple[TwoHostsLab, dict[str, int]]:
    """A lab, and a process in each host's network."""
    try:
        lab = await open_two_hosts()
    except LabRefused as refusal:
        pytest.skip(f"this machine allows no two hosts: {refusal}")
    processes = {look.host: 0 for look in lab.look()}
    for host in processes:
        processes[host] = (await lab.start(host, host, privileged=False)).outer_pid
    return lab, processes


async def traffic(pids: dict[str, int], what: str, count: int, listen: Callable[[], object]) -> object:
    """Runs traffic between two networks; `listen` is called meanwhile, as a run of a lesson would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.lab.traffic", str(pids["server"]), str(pids["client"]), what, str(count),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    saying = asyncio.ensure_future(process.communicate())
    while not saying.done():
        await asyncio.wait({saying}, timeout=0.01)
        listen()
    assert process.returncode == 0
    return json.loads((await saying)[0])


class KernelsOwn:
    """The link that the kernel makes."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.kernels_own_link"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.what, _, me = json.loads(self.process.stdout.readline())
        client, server = sorted(children(me))  # forked in the order of the hosts
        self.pids = {"client": client, "server": server}

    def close(self) -> None:
        self.process.communicate()


def percentile(spans: list[float], part: float) -> float:
    return sorted(spans)[int(len(spans) * part)]


def floats(said: object) -> list[float]:
    assert isinstance(said, list)
    return [float(each) for each in said]


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


@pytest.mark.parametrize("what", ["udp", "tcp"])
def test_latency_that_the_link_adds_in_flow(what: str) -> None:
    async def work() -> None:
        kernels = KernelsOwn()
        lab, pids = await opened()
        ours: list[float] = []
        theirs: list[float] = []
        try:
            for _ in range(ROUNDS):  # in turn, so that both see the same machine
                theirs += floats(await traffic(kernels.pids, what, COUNT, lambda: None))
                ours += floats(await traffic(pids, what, COUNT, lab.drain))
        finally:
            await lab.close()
            kernels.close()
        for name, part in (("p50", 0.5), ("p99", 0.99)):
            here, there = percentile(ours, part), percentile(theirs, part)
            print(
                f"\n{what} {name}: a round trip {here:.0f} µs against {there:.0f} µs, {kernels.what}: "
                f"+{(here - there) / 2:.0f} µs a packet" + (f" (target ≤ {TARGET})" if name == "p50" else "")
            )

    run(work())


def test_throughput_in_flow() -> None:
    async def work() -> None:
        kernels = KernelsOwn()
        lab, pids = await opened()
        frames = lost = 0

        def listen() -> None:
            nonlocal frames, lost
            for passed in lab.drain():
                frames += isinstance(passed, PacketCaptured)
                lost += passed.count if isinstance(passed, CaptureLost) else 0

        ours, theirs = [], []
        try:
            for _ in range(ROUNDS):
                theirs.append(await traffic(kernels.pids, "bulk", BULK, lambda: None))
                ours.append(await traffic(pids, "bulk", BULK, listen))
        finally:
            await lab.close()
            kernels.close()
        here, there = (BULK / statistics.median(map(float, each)) / 1e6 for each in (ours, theirs))  # type: ignore[arg-type]
        print(
            f"\n{BULK >> 20} MiB over one connection: {here:.0f} MB/s against {there:.0f} MB/s, "
            f"{kernels.what} = 1/{there / here:.1f}; "
            f"{frames} frames told, {lost} lost"
        )

    run(work())


def test_set_up_and_tear_down() -> None:
    async def work() -> None:
        up, down = [], []
        for _ in range(10):
            begin = time.perf_counter()
            lab, _ = await opened()
            ready = time.perf_counter()
            await lab.close()
            up.append(ready - begin)
            down.append(time.perf_counter() - ready)
        for name, spans in (("set-up, a process on each host included", up), ("tear-down", down)):
            print(
                f"\n{name}: median {statistics.median(spans) * 1e3:.0f} ms, slowest {max(spans) * 1e3:.0f} ms"
            )

    run(work())
