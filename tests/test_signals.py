"""How a signal ends the program where nothing is under way, and where something is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

BEGIN = """
import os, signal, sys, time
from sockviz import signals
signals.begin()
signals.at_the_end(lambda: os.write(1, b"put away "))
def to_myself(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)
"""


def run(program: str, before: Callable[[], object] | None = None) -> tuple[int, str, str]:
    """Runs a program after `BEGIN`; returns its status and what it wrote."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, timeout=60, check=False, preexec_fn=before
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_where_nothing_is_under_way_it_ends_at_once_and_says_nothing(name: str) -> None:
    number = signal.Signals[name]
    status, said, wrong = run(f"to_myself(signal.{name})\nprint('went on')")
    assert (status, said, wrong) == (128 + number, "put away ", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGQUIT"])
def test_what_it_was_started_to_ignore_it_ignores(name: str) -> None:
    number = signal.Signals[name]
    status, said, _ = run(
        f"to_myself(signal.{name})\nprint('went on', flush=True)",
        lambda: signal.signal(number, signal.SIG_IGN),
    )
    assert (status, said) == (0, "went on\nput away ")


def test_a_front_end_answers_the_first_and_no_other() -> None:
    status, said, _ = run(
        "with signals.answered_by(lambda: os.write(1, b'answered ')):\n"
        "    to_myself(signal.SIGTERM, signal.SIGINT, signal.SIGTERM)\n"
        "to_myself(signal.SIGQUIT)\n"
        "sys.exit(signals.status(0))"
    )
    assert (status, said) == (128 + signal.SIGTERM, "answered put away ")


def test_a_front_end_that_does_not_come_to_its_end_is_not_waited_for() -> None:
    status, said, _ = run(
        "signals.PATIENCE = 0.05\nwith signals.answered_by(lambda: None):\n    to_myself(signal.SIGTERM)\n    time.sleep(60)"
    )
    assert (status, said) == (128 + signal.SIGTERM, "put away ")


def test_a_child_that_was_forked_has_nothing_to_put_away() -> None:
    status, said, _ = run(
        "child = os.fork()\n"
        "if child == 0:\n"
        "    to_myself(signal.SIGTERM)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)"
    )
    assert (status, said) == (0, f"{128 + signal.SIGTERM}\nput away ")


def test_handlers_are_given_back_where_they_were_somebody_elses() -> None:
    from sockviz import signals

    before = [signal.getsignal(number) for number in signals.ENDINGS]
    with signals.answered_by(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is signals.receive
    assert [signal.getsignal(number) for number in signals.ENDINGS] == before


def test_an_interrupt_while_it_is_imported_leaves_no_traceback() -> None:
    """From the first line of its own on; before that the interpreter says what it says."""
    program = (
        "import os, signal, sys, threading\n"
        "from sockviz.__main__ import main\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'argparse': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "list"], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "")
