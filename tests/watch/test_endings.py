"""Whoever of us is killed, nothing of a watched program is left: also what has left its session, and is deaf to signals."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.watch.watching import LONG, PREAMBLE

ROOT = Path(__file__).parents[2]
#: A grandchild of its own session, whose parent has gone, asleep in accept.
PROGRAM = """
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (1, 2, 15):
        signal.signal(number, signal.SIG_IGN)
    s = socket()
    s.bind(('127.0.0.1', 0))
    s.listen()
    accept(s)
os.wait()
a, b = socketpair()
a.recv(1)
"""


def _name(process: psutil.Process) -> str:
    return Path(f"/proc/{process.pid}/comm").read_text().strip()


@pytest.mark.parametrize("victim", ["sockviz", "tracer", "init"])
@pytest.mark.parametrize("kind", ["host", "isolated"])
def test_nothing_is_left(kind: str, victim: str) -> None:
    """On the machine's own loopback there is no PID namespace that would take all along."""
    command = [sys.executable, "-m", "sockviz", "watch", "--plain", "--lab", kind, "--"]
    sockviz = subprocess.Popen(
        [*command, sys.executable, "-I", "-S", "-c", PREAMBLE + PROGRAM], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with sockviz:
        assert sockviz.stdout is not None
        asleep = 0
        for line in sockviz.stdout:
            asleep += " sleeps: " in line
            if asleep == 2:
                break
        assert asleep == 2
        ours = psutil.Process(sockviz.pid).children(recursive=True)
        tracer = next(each for each in ours if _name(each) == "sockviz-tracer")
        first = tracer.parent()
        assert first is not None
        assert len([each for each in ours if "python" in _name(each)]) >= 2
        left = {os.pidfd_open(each.pid): each for each in ours}
        os.kill({"sockviz": sockviz.pid, "tracer": tracer.pid, "init": first.pid}[victim], signal.SIGKILL)
        poll = select.poll()
        for pidfd in left:
            poll.register(pidfd, select.POLLIN)
        while left:
            ended = poll.poll(LONG * 1000)
            assert ended, f"left: {list(left.values())}"
            for pidfd, _events in ended:
                poll.unregister(pidfd)
                os.close(pidfd)
                del left[pidfd]
        said = sockviz.stdout.read()
    if victim != "sockviz":
        assert sockviz.returncode == 1
        assert "ended, and every" in said
