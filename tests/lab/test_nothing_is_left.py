"""That the fixture of every test here sees what a test leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess

from tests.lab.conftest import descendants


def test_children_and_theirs_are_found_and_those_that_nobody_waited_for() -> None:
    script = "sleep 60 & echo $!; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout is not None
        sleeper = int(shell.stdout.readline())
        assert {shell.pid, sleeper} <= descendants()
        os.kill(sleeper, signal.SIGKILL)
        os.waitid(os.P_PID, shell.pid, os.WEXITED | os.WNOWAIT)
        assert shell.pid in descendants()
    assert not {shell.pid, sleeper} & descendants()
