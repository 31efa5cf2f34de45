"""However sockviz ends while a process sleeps in accept, nothing of it is left, and the terminal is as it was."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.terminal.conftest import ROOT, Person, Sitting, program
from tests.terminal.family import Family, descendants, socket_rows
from tests.terminal.lessons import TALK
from tests.terminal.terminal import ALTERNATE_SCREEN, CURSOR, DEADLINE, FOCUS, MOUSE, PASTE

#: Seconds in which everything must be gone after a SIGKILL: the kernel's own work, nobody is left to do any.
AT_ONCE = 1.0
CTRL_C, CTRL_Q = "\x03", "\x11"
ENTERS = b"\x1b[?1049h"

#: Who ends it, in which lab, how, and with which exit status.
ENDS: dict[str, tuple[str, str, Callable[[Sitting], None], int]] = {
    "q": ("ordinary", "isolated", lambda sitting: sitting.press("q"), 0),
    "q-root": ("root", "host", lambda sitting: sitting.press("q"), 0),
    "ctrl-q": ("ordinary", "host", lambda sitting: ctrl_q_after_ctrl_c(sitting), 0),
    "SIGINT": ("ordinary", "isolated", lambda sitting: sitting.send(signal.SIGINT), 128 + signal.SIGINT),
    "SIGTERM-host": ("ordinary", "host", lambda sitting: sitting.send(signal.SIGTERM), 128 + signal.SIGTERM),
    "SIGTERM-root": ("root", "isolated", lambda sitting: sitting.send(signal.SIGTERM), 128 + signal.SIGTERM),
    "SIGQUIT": ("ordinary", "isolated", lambda sitting: sitting.send(signal.SIGQUIT), 128 + signal.SIGQUIT),
    "SIGHUP": ("ordinary", "isolated", lambda sitting: sitting.send(signal.SIGHUP), 128 + signal.SIGHUP),
}


def ctrl_q_after_ctrl_c(sitting: Sitting) -> None:
    """The one says which key quits, and ends nothing."""
    sitting.press(CTRL_C)
    sitting.wait_for("Press q to leave the lesson.")
    assert "asleep in accept4" in sitting.text
    assert descendants(sitting.process.pid), "the lab has ended"
    sitting.press(CTRL_Q)


def asleep_in_accept(person: Person, lab: str) -> tuple[Sitting, Family]:
    lesson = person.file("talk.md", TALK)
    sitting = person.start("run", str(lesson), "--lab", lab, TEXTUAL_ANIMATIONS="none")
    sitting.perform("asleep in accept4")
    family = person.family(sitting)
    assert family.sockets, "the listening socket was not seen"
    assert bool(family.networks) == (lab == "isolated")
    return sitting, family


def assert_nothing_left(family: Family, within: float) -> None:
    assert family.left(within) == []
    assert not family.sockets & socket_rows()


@pytest.mark.parametrize("end", ENDS)
def test_an_orderly_end(request: pytest.FixtureRequest, end: str) -> None:
    who, lab, ending, status = ENDS[end]
    sitting, family = asleep_in_accept(request.getfixturevalue(who), lab)
    ending(sitting)
    assert sitting.wait_exit() == status
    assert_nothing_left(family, AT_ONCE)
    assert sitting.is_restored
    assert "Traceback" not in sitting.text


@pytest.mark.parametrize(
    ("who", "lab"), [("ordinary", "isolated"), ("ordinary", "host"), ("root", "isolated")]
)
def test_killed(request: pytest.FixtureRequest, who: str, lab: str) -> None:
    person: Person = request.getfixturevalue(who)
    sitting, family = asleep_in_accept(person, lab)
    sitting.send(signal.SIGKILL)
    assert sitting.wait_exit() == -signal.SIGKILL
    assert not sitting.is_restored, (
        "nobody was left to restore it: what is_restored says elsewhere can be false"
    )
    assert_nothing_left(family, AT_ONCE)
    assert person.lab_directories, "a directory is all that may be left"
    # The next start of a lab sweeps it, whatever shows that lab; its own is gone at its end.
    with open(os.devnull) as nothing:
        following = person.start("run", str(person.base / "talk.md"), "--plain", stdin=nothing.fileno())
    assert following.wait_exit() == 0
    assert person.lab_directories == []


def test_the_window_is_closed(ordinary: Person) -> None:
    sitting, family = asleep_in_accept(ordinary, "isolated")
    sitting.hang_up()
    assert sitting.wait_exit() >= 0, "it was killed instead of ending"
    assert_nothing_left(family, AT_ONCE)


def is_stuck_in_writing(pid: int) -> bool:
    """Whether the screen has more to say than its terminal takes: one thread waits in the terminal, the main one for it."""
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    places = {thread.name: (thread / "wchan").read_text() for thread in threads}
    return "wait_woken" in places.values() and "futex" in places[str(pid)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_takes_nothing_more_does_not_hold_the_end_up(
    root: Person, number: signal.Signals
) -> None:
    """As after Ctrl-S, or where a window is closed in the middle of what is drawn: writing waits, and whoever ends it with it."""
    sitting, family = asleep_in_accept(root, "isolated")
    turn = 0
    while not is_stuck_in_writing(sitting.process.pid):  # nothing is read from here on
        turn += 1
        assert turn < 400
        sitting.resize(*((100, 30) if turn % 2 else (120, 36)))
        assert select.select([sitting.pidfd], [], [], 0.05)[0] == [], "it has ended"
    sitting.send(number)
    assert sitting.process.wait(DEADLINE) == 128 + number
    assert_nothing_left(family, AT_ONCE)
    assert sitting.is_cooked, "what is typed is seen again"


def test_stopped_and_continued(ordinary: Person) -> None:
    """Nobody could continue this process group, so that SIGTSTP does not stop it: it takes its terminal again by itself."""
    sitting, family = asleep_in_accept(ordinary, "isolated")
    drawn = sitting.text
    for stop in (signal.SIGSTOP, signal.SIGTSTP) * 2:
        entered = sitting.written.count(ENTERS)
        sitting.send(stop)
        if stop is signal.SIGSTOP:
            os.waitid(os.P_PID, sitting.process.pid, os.WSTOPPED | os.WNOWAIT)
            sitting.send(signal.SIGCONT)
        sitting.wait_for(lambda _, entered=entered: sitting.written.count(ENTERS) > entered)  # type: ignore[misc]
        assert sitting.wait_for(lambda text: text == drawn) == drawn
    sitting.press("s")
    sitting.wait_for("TCP states")
    sitting.send(signal.SIGTERM)
    assert sitting.wait_exit() == 128 + signal.SIGTERM
    assert_nothing_left(family, AT_ONCE)
    assert sitting.is_restored


def test_a_shell_stops_it_and_brings_it_back(ordinary: Person) -> None:
    """With job control: its terminal is the shell's while it is stopped, as it was before."""
    lesson = ordinary.file("talk.md", TALK)
    command = " ".join(shlex.quote(word) for word in program())
    script = f"set -m; {command} run {shlex.quote(str(lesson))}; echo stopped; stty -a; fg; echo ended $?"
    sitting = Sitting(
        [*ordinary.prefix, "bash", "--norc", "-c", script],
        ordinary.environment(TEXTUAL_ANIMATIONS="none"),
        ROOT,
    )
    ordinary.sittings.append(sitting)
    sitting.perform("asleep in accept4")
    (pid,) = (
        pid for pid in descendants(sitting.process.pid) if os.getpgid(pid) == pid and os.getsid(pid) != pid
    )
    os.kill(pid, signal.SIGTSTP)
    sitting.wait_for(lambda _: b"icanon" in sitting.written)
    assert b" echo " in sitting.written
    sitting.wait_for("asleep in accept4")
    family = ordinary.family(sitting)
    sitting.press("q")
    sitting.wait_for("ended 0")
    assert sitting.wait_exit() == 0
    assert_nothing_left(family, AT_ONCE)
    assert sitting.is_restored


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_comes_back_to_a_lab_that_lived_on(
    ordinary: Person,
) -> None:
    lesson = ordinary.file("talk.md", TALK)
    command = " ".join(shlex.quote(word) for word in program())
    script = f"set -m; {command} run {shlex.quote(str(lesson))}; echo stopped; stty -a; read -r go; fg; echo ended $?"
    sitting = Sitting(
        [*ordinary.prefix, "bash", "--norc", "-c", script],
        ordinary.environment(TEXTUAL_ANIMATIONS="none"),
        ROOT,
    )
    ordinary.sittings.append(sitting)
    sitting.perform("asleep in accept4")
    family = ordinary.family(sitting)
    drawn = sitting.text
    sitting.press("\x1a")
    sitting.wait_for(lambda _: b"icanon" in sitting.written)
    assert b" echo " in sitting.written
    assert not sitting.display.on & {ALTERNATE_SCREEN, PASTE, FOCUS, *MOUSE}
    assert CURSOR in sitting.display.on
    assert family.look(), "the lab lives on"
    sitting.press("go\n")
    assert sitting.wait_for(lambda text: text == drawn) == drawn
    assert {ALTERNATE_SCREEN, *MOUSE} <= sitting.display.on
    sitting.perform("ESTABLISHED")
    # Without animations there is one drawing at the end of the call: what moved is there at once.
    assert "SYN+ACK" in sitting.text
    sitting.press("q")
    sitting.wait_for("ended 0")
    assert sitting.wait_exit() == 0
    assert_nothing_left(family, AT_ONCE)
    assert sitting.is_restored


def test_at_random_moments() -> None:
    """A few of what `tests.fuzz.endings` tries by the hundred."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.endings", "--seed", "8", "--count", "5"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
