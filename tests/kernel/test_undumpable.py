"""A process that lets nobody look at it (PR_SET_DUMPABLE), as an ordinary user meets it."""

from __future__ import annotations

import subprocess
import sys

LOOKS = """
import ctypes, os, signal
from sockviz.kernel.procfs import read_process

def looked(dumpable):
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        ctypes.CDLL(None).prctl(4, dumpable, 0, 0, 0)
        os.write(tell, b"x")
        signal.pause()
    os.read(told, 1)
    try:
        return read_process("p", pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

print(looked(1) is not None, looked(0))
"""


def test_its_descriptors_are_not_seen_and_that_is_no_error(ordinary_user: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*ordinary_user, sys.executable, "-c", LOOKS], check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("True None\n", "")
