"""Ends sockviz at random moments and looks at what is left of it. By hand; half of the trials are root's, if root runs it::

    python -m tests.fuzz.endings --seed 1 --count 200

Each trial starts one command, on a pseudo-terminal of its own, and ends it in one of many ways between its first millisecond and
the fourth second. Then there must be no process, no network namespace and no directory of it (what a SIGKILL leaves is swept by
the next start), the terminal must be as it was, and nobody must have been told of a fault. A trial is printed by what makes it
again: ``--only 1/17`` is the seventeenth of seed 1.
"""

from __future__ import annotations

import ctypes
import os
import random
import re
import shutil
import signal
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.gestures import keys
from tests.fuzz.trials import try_all
from tests.required import ORDINARY
from tests.terminal.conftest import ROOT, Person, make_person, program
from tests.terminal.family import descendants
from tests.terminal.lessons import TALK
from tests.terminal.terminal import CURSOR, Terminal

#: prctl(2): who is left without parents becomes ours, so that nobody gets lost.
PR_SET_CHILD_SUBREAPER = 36
#: Seconds in which everything must have gone: an end that has to be forced takes `sockviz.signals.PATIENCE`.
PATIENCE = 8.0
AUTOWRAP = 7
FAULTS = ("Traceback", "fault of its own", "Exception ignored", "Fatal Python", "Error:")
#: A traceback without it is what the interpreter itself says when it is interrupted before a program's first instruction.
OURS = f"{ROOT / 'sockviz'}/"

COMMANDS = {
    "screen": ("run", "{lesson}", "--lab", "{lab}"),
    "home": (),
    "plain": ("run", "{lesson}", "--plain", "--lab", "{lab}"),
    "check": ("check", "{lesson}", "--lab", "{lab}"),
}
#: In each of the three labs; "auto" is the one with two hosts, for the lesson that needs it.
LABS = ("isolated", "host", "auto")


@dataclass
class Trial:
    """One command, and how and when it ends."""

    seed: int
    number: int
    command: str
    lab: str
    privileged: bool
    ending: str
    moment: float
    found: list[str] = field(default_factory=list)
    status: int | None = None

    def __str__(self) -> str:
        who = "root" if self.privileged else "ordinary"
        how = f"{self.ending} after {self.moment * 1000:.0f} ms"
        return f"{self.seed}/{self.number}  {who:8} {self.command:6} {self.lab:8} {how:26} → {self.status}"


def _signal(number: signal.Signals) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.send(number)


def _twice(terminal: Terminal) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        terminal.send(number)
        terminal.watch(0.02)


def _stopped(terminal: Terminal) -> None:
    for number in (signal.SIGSTOP, signal.SIGCONT):
        terminal.send(number)
        terminal.watch(0.1)
    terminal.send(signal.SIGTERM)


def _suspended(terminal: Terminal) -> None:
    """As Ctrl-Z elsewhere. In this orphaned process group nobody could continue it: the kernel does not stop it."""
    terminal.send(signal.SIGTSTP)
    terminal.watch(0.2)
    terminal.send(signal.SIGCONT)
    terminal.watch(0.1)
    terminal.send(signal.SIGTERM)


ENDINGS: dict[str, Callable[[Terminal], None]] = {
    **{each.name: _signal(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)},
    "window closed": Terminal.hang_up,
    "four signals": _twice,
    "STOP CONT TERM": _stopped,
    "TSTP CONT TERM": _suspended,
}  # fmt: skip


def trial(seed: int, number: int) -> Trial:
    """The trial of that number."""
    dice = random.Random(f"{seed}/{number}")
    return Trial(
        seed, number, dice.choice(list(COMMANDS)), dice.choice(LABS), os.geteuid() == 0 and dice.random() < 0.5,
        dice.choice(list(ENDINGS)), dice.choice((dice.uniform(0, 0.3), dice.uniform(0, 1.5), dice.uniform(0.3, 4))),
    )  # fmt: skip


def perform(it: Trial) -> None:
    """Performs the trial; says in ``found`` what was left."""
    dice = random.Random(f"{it.seed}/{it.number}/keys")
    person = make_person(() if it.privileged or os.geteuid() else ORDINARY)
    lesson = "handshake" if it.lab == "auto" else str(person.file("talk.md", TALK))
    words = [word.format(lesson=lesson, lab=it.lab) for word in COMMANDS[it.command]]
    terminal = Terminal(person.command(*words), person.environment(), ROOT, columns=100, lines=30)
    end = time.monotonic() + it.moment
    try:
        while (left := end - time.monotonic()) > 0:
            terminal.watch(min(left, dice.uniform(0.005, 0.15)))
            if it.command in ("screen", "home", "plain") and dice.random() < 0.7:
                terminal.press("\n" if it.command == "plain" else keys(dice))
            if terminal.process.poll() is not None:
                break
        ended = terminal.process.poll() is not None
        if not ended:
            ENDINGS[it.ending](terminal)
        _look(it, terminal, person, by_itself=ended)
    finally:
        terminal.close()
        _reap()
        shutil.rmtree(person.base, ignore_errors=True)


def _look(it: Trial, terminal: Terminal, person: Person, *, by_itself: bool) -> None:
    begun = time.monotonic()
    while terminal.process.poll() is None and time.monotonic() - begun < PATIENCE:
        terminal.watch(0.02)
    it.status = terminal.process.poll()
    killed, closed = it.ending == "SIGKILL" and not by_itself, it.ending == "window closed" and not by_itself
    if it.status is None:
        it.found.append(f"still running after {PATIENCE:g} s")
        return
    while not closed and terminal._read(0):
        pass
    while (left := _reap()) and time.monotonic() - begun < PATIENCE:
        time.sleep(0.01)
    it.found += [f"left: process {pid} ({_name(pid)})" for pid in left]
    if killed:
        following = Terminal(
            person.command("check", str(person.file("talk.md", TALK))), person.environment(), ROOT
        )
        if following.wait_exit(60) != 0:
            it.found.append(f"the next start failed:\n{following.text}")
        following.close()
    it.found += [f"left: directory {path.name}: {os.listdir(path)}" for path in person.lab_directories]
    it.found += [f"left: {path.name}: {path.read_text()[-3000:]}" for path in person.base.rglob("crash-*")]
    if not killed:  # else the next who writes it takes it away
        it.found += [f"left: {path.relative_to(person.base)}" for path in person.base.rglob("*.new")]
    said = bytes(terminal.written).decode("utf-8", "replace")
    if "KeyboardInterrupt" not in said or OURS in said:
        it.found += [f"said: {fault}\n{terminal.text.strip()}" for fault in FAULTS if fault in said]
    if not killed and not closed:
        it.found += _terminal_left(terminal)


def _terminal_left(terminal: Terminal) -> list[str]:
    found = []
    if CURSOR not in terminal.display.on or terminal.display.on - {CURSOR, AUTOWRAP}:
        found.append(f"modes left on: {sorted(terminal.display.on)}")
    if not terminal.is_cooked:
        now = termios.tcgetattr(terminal._slave)
        found.append(f"line modes: {now[:4]} were {terminal.attributes[:4]}")
    pushed, popped = (
        len(re.findall(rb"\x1b\[" + sign + rb"\d*u", terminal.written)) for sign in (b">", b"<")
    )
    if pushed > popped:
        found.append(f"kitty's keys: {pushed} pushed, {popped} popped")
    return found


def _reap() -> list[int]:
    """Waits for whoever has ended; returns who has not."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return []
    return sorted(descendants(os.getpid()))


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "gone by now"


def attempt(seed: int, number: int) -> tuple[str, list[str]]:
    """Performs the trial of that number; returns what it was, and what was left of it."""
    it = trial(seed, number)
    perform(it)
    return str(it), it.found


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sys.exit(try_all(__doc__.splitlines()[0], 200, attempt, " ".join(program())))
