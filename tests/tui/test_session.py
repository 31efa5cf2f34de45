"""In a real pseudo-terminal: however it ends, the terminal is as it was, the run is closed and the status says how."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ALTERNATE, BACK = b"\x1b[?1049h", b"\x1b[?1049l"
DRAWN = b"The server never accepts"


def _play(directory: Path, act: Callable[[int, int], None] | None, *words: str) -> tuple[int, bytes]:
    """Runs the program; once its lesson is drawn does `act` with its pid and terminal. Returns its status and all it wrote."""
    program = Path(__file__).with_name("played.py")
    environment = {
        **os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_STATE_HOME": str(directory), "COLUMNS": "120",
        "LINES": "36",
    }  # fmt: skip
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, str(program), str(directory), *words], environment)
    written, acted, deadline = b"", act is None, time.monotonic() + 20
    try:
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # EIO: the other end has closed
                break
            if not piece:
                break
            written += piece
            if not acted and DRAWN in written and b"LIVE" in written:
                acted = True
                assert act is not None
                act(pid, terminal)
        else:
            os.kill(pid, signal.SIGKILL)
    finally:
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), written


def _is_restored(written: bytes) -> bool:
    after = written.rpartition(BACK)[2]
    return written.count(ALTERNATE) == written.count(BACK) == 1 and b"\x1b[?25h" in after


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    status, written = _play(tmp_path, lambda pid, _: os.kill(pid, number))
    assert _is_restored(written)
    assert status == 128 + number
    assert b"closed 1" in written
    assert b"TIME-WAIT 127.0.0.1:40112" in written.rpartition(BACK)[2]
    assert b"Traceback" not in written


def test_quitting(tmp_path: Path) -> None:
    status, written = _play(tmp_path, lambda _, terminal: _press(terminal, b"q"))
    assert (status, _is_restored(written)) == (0, True)
    assert b"closed 1" in written


def test_a_fault(tmp_path: Path) -> None:
    status, written = _play(tmp_path, None, "fault")
    assert (status, _is_restored(written)) == (1, True)
    after = written.rpartition(BACK)[2]
    assert b"had to stop" in after
    assert b"[bold]not foreseen[/]" in after
    assert b"Traceback" not in written
    assert len(list(tmp_path.glob("sockviz/crash-*.txt"))) == 1


def _press(terminal: int, key: bytes) -> None:
    os.write(terminal, key)
