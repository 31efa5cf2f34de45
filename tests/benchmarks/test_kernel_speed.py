"""What observing costs, as ratios in one run. Not part of the test command:

python -m pytest tests/benchmarks/test_kernel_speed.py -s --override-ini addopts=-q

An observation is measured as a lab makes it, look after look with what is kept between two (`Kept`), of a small lab where nothing
moves. What it is compared with:

- ``ss -tan``, run inside the lab;
- ``psutil.net_connections()`` as a person would call it: with no arguments, on the machine. It knows no network but its caller's
  and finds owners by walking the descriptors of every process, so what it costs grows with the machine: the number of
  processes is printed. That is the price of not knowing whom to ask, and what the target is about.
- the same inside the lab, for all kinds. There it may look into no process but the lab's, and still lists them all: nobody
  would call it so, and it has no counters, but it is the closest to the same work.

All are run in turn, a round of each, so that what else the machine does falls on all of them.
"""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sockviz.kernel.inet_diag import NAMED_STATES
from sockviz.kernel.observe import HostSources, Kept, ProcessSource, observe
from sockviz.kernel.sock_diag import SockDiag, read_bound_only, read_sockets, read_tcp

ROOT = Path(__file__).parents[2]
UNRELATED = 10_000
SHARED, OWN = "shared", "own"  # whose tables of connections the lab's are


class Lab:
    def __init__(self, tables: str) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.benchmarks.observed_lab", str(theirs.fileno()), tables],
                pass_fds=[theirs.fileno()], cwd=ROOT,
            )  # fmt: skip
        message, fds, _, _ = socket.recv_fds(self.control, 4096, 1)
        if not message:
            pytest.skip("this machine allows no private namespace")
        self.diag = SockDiag(socket.socket(fileno=fds[0]))
        pids = json.loads(message)
        self.kept = Kept()
        self.host = HostSources(self.diag, f"/proc/{pids[0]}/net", kept=self.kept)
        self.processes = [ProcessSource(f"p{pid}", pid) for pid in pids]

    def seconds(self, *argv: str, rounds: int = 60) -> float:
        """Median time of running a command inside the lab."""
        self.control.send(json.dumps([argv, rounds]).encode())
        return float(json.loads(self.control.recv(4096)))

    def close(self) -> None:
        self.kept.files.close()
        self.diag.close()
        self.control.close()
        self.process.wait(10)


@pytest.fixture(scope="module", params=[SHARED, OWN], ids=["shared-tables", "own-tables"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    made = Lab(request.param)
    yield made
    made.close()


def median(look: Callable[[], object], rounds: int = 300) -> float:
    spans = []
    for _ in range(rounds):
        begin = time.perf_counter()
        look()
        spans.append(time.perf_counter() - begin)
    return statistics.median(spans)


def in_turn(rounds: int, *looks: Callable[[], float]) -> list[float]:
    """The median of what each of `looks` says that it took, a round of all of them after the other."""
    spans = [[look() for look in looks] for _ in range(rounds)]
    return [statistics.median(each) for each in zip(*spans, strict=True)]


def report(what: str, ours: float, theirs: float, target: str) -> None:
    print(
        f"\n{what}: {ours * 1e6:.0f} µs against {theirs * 1e6:.0f} µs = 1/{theirs / ours:.1f} (target {target})"
    )


def test_one_observation_of_a_whole_lab(lab: Lab, benchmark: Any) -> None:
    benchmark(lambda: observe(lab.host, lab.processes, 0.0))
    ours, ss, everyone, inside = in_turn(
        30,
        lambda: median(lambda: observe(lab.host, lab.processes, 0.0), 10),
        lambda: lab.seconds("ss", "-tan", rounds=1),
        lambda: median(psutil.net_connections, 1),
        lambda: lab.seconds("psutil", rounds=1),
    )
    report("observation / running ss -tan", ours, ss, "≤ 1/3")
    many = f"{len(psutil.pids())} processes"
    report(f"observation / psutil.net_connections(), {many}", ours, everyone, "≤ 1/15")
    report('observation / psutil.net_connections("all") inside the lab', ours, inside, "none")


def test_one_dump_of_all_tcp_sockets(lab: Lab, benchmark: Any) -> None:
    benchmark(lambda: read_tcp(lab.diag, now=0.0))
    ours, ss = in_turn(
        30,
        lambda: median(lambda: read_tcp(lab.diag, now=0.0), 10),
        lambda: lab.seconds("ss", "-tan", rounds=1),
    )
    report("TCP dump / running ss -tan", ours, ss, "≤ 1/6")


def test_unrelated_sockets_on_the_machine(lab: Lab) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < UNRELATED + 100:
        pytest.skip(f"only {hard} descriptors are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (UNRELATED + 100, hard))
    looks: dict[str, Callable[[], object]] = {
        "TCP dump": lambda: read_tcp(lab.diag, now=0.0, states=NAMED_STATES),
        # Of the machine's table of taken ports; a lab asks for it while a process holds a TCP socket without a row.
        "bound-only listing": lambda: read_bound_only(lab.diag, now=0.0),
        "observation": lambda: observe(lab.host, lab.processes, 0.0),
    }
    try:
        before = [median(look) for look in looks.values()]
        with contextlib.ExitStack() as held:
            listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
            for _ in range(UNRELATED // 2):
                held.enter_context(socket.create_connection(listener.getsockname()))
                server = held.enter_context(listener.accept()[0])
                # Reset instead of TIME-WAIT: nothing is left of them afterwards.
                server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            after = [median(look) for look in looks.values()]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for what, alone, crowded in zip(looks, before, after, strict=True):
        print(
            f"\n{what} with {UNRELATED} unrelated sockets: {crowded * 1e6:.0f} µs against {alone * 1e6:.0f} µs"
            f" = {crowded / alone - 1:+.0%} (target within 10 %)"
        )


def test_a_thousand_clients_on_one_listener(benchmark: Any) -> None:
    """What 2,000 rows of one lab cost, on this machine's own loopback."""
    from sockviz.kernel.sock_diag import open_sock_diag

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    with contextlib.ExitStack() as held:
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        diag = SockDiag(held.enter_context(open_sock_diag()))
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
        for _ in range(1000):
            held.enter_context(socket.create_connection(listener.getsockname()))
            server = held.enter_context(listener.accept()[0])
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rows = len(read_sockets(diag, now=0.0))
        seconds = median(lambda: read_sockets(diag, now=0.0), 20)
        benchmark(lambda: read_sockets(diag, now=0.0))
        print(f"\n{rows} rows: {seconds * 1e3:.1f} ms, {seconds / rows * 1e6:.1f} µs a row")
