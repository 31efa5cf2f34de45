"""Ends sockviz at random moments and looks at what is left of it. By hand; half of the trials are root's, if root runs it::

    python -m tests.fuzz.endings --seed 1 --count 200

Each trial starts one command, on a pseudo-terminal of its own, and ends it in one of many ways between its first millisecond and
the fourth second; notes have a run beside them, on another. Then there must be no process, no network namespace and no directory of
it (what a SIGKILL leaves is swept by the next start), the terminal must be as it was, and nobody must have been told of a fault. A
trial is printed by what makes it again: ``--only 1/17`` is the seventeenth of seed 1.
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
from tests.fuzz.programs import HOSTILE
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
RECORDING = ROOT / "assets" / "recordings" / "01-first-connection.jsonl"
FAULTS = ("fault of its own", "Exception ignored", "Fatal Python", "Traceback", "Error:")
#: Where a program of somebody's is told of, the last two may be its own.
OF_PROGRAMS = ("exercise", "linear", "graded", "watch", "held", "beside", "typed beside")
#: A traceback without it is what the interpreter itself says when it is interrupted before a program's first instruction.
OURS = f"{ROOT / 'sockviz'}/"

COMMANDS: dict[str, tuple[str, ...]] = {
    "screen": ("run", "{lesson}", "--lab", "{lab}"),
    "home": (),
    "plain": ("run", "{lesson}", "--plain", "--lab", "{lab}"),
    "check": ("check", "{lesson}", "--lab", "{lab}"),
    "rehearsal": ("check", "{lesson}", "--lab", "{lab}", "--pause", "0.2"),
    "sandbox": ("sandbox", "--lab", "{lab}"),
    "off script": ("sandbox", "{lesson}", "--page", "2", "--lab", "{lab}"),
    "typed": ("sandbox", "--plain", "--lab", "{lab}", "--save", "{base}/kept.md"),
    "exercise": ("practice", "forgot-listen", "--language", "{language}"),
    "linear": ("practice", "half-close", "--plain", "--language", "{language}"),
    "graded": ("practice", "echo-server", "--once", "--json", "--language", "{language}"),
    "watch": ("watch", "--plain", "--", sys.executable, "-c", "{program}"),
    "held": ("watch", "--", sys.executable, "-c", "{program}"),
    "beside": ("sandbox", "--lab", "{own}", "--and", "{watched}", "--and", "other={watched}"),
    "typed beside": (
        "sandbox",
        "--plain",
        "--lab",
        "{own}",
        "--and",
        "{watched}",
        "--record",
        "{base}/kept.jsonl",
    ),
    "serve": ("serve", "--port", "0", "--keep", "{base}/visitors"),
    "page": ("export", "{lesson}", "--html", "{base}/page.html"),
    "notes": ("notes", "--follow"),
    "notes text": ("notes", "--follow", "--plain"),
    "follow": ("replay", "--follow", "{recording}"),
    "follow text": ("replay", "--follow", "{recording}", "--plain"),
}
#: What is typed at each: keys by chance, lines, or nothing.
KEYS = ("screen", "home", "off script", "exercise", "held", "follow", "notes")
LINES = ("plain", "linear", "follow text", "notes text")
TYPED = (
    "server> s = socket.socket()\n", "s.bind((HOST, PORT))\n", "s.listen(1)\n", "s.accept()\n", "client> c = socket.socket()\n",
    "c.connect((HOST, PORT))\n", "s.settimeout(3)\n", "undo\n", "nonsense\n", "s.clo", "\n", "c.recv(5)\n",
)  # fmt: skip
PROGRAM = """import os, socket
s = socket.create_server(("127.0.0.1", 0))
if os.fork():
    s.accept()
c = socket.create_connection(s.getsockname())
c.recv(5)
"""
#: In each of the three labs; "auto" is the one with two hosts, for the lesson that needs it.
LABS = ("isolated", "host", "auto")
#: Of these commands there is no lab to choose.
OWN_LAB = (
    "home",
    "exercise",
    "linear",
    "graded",
    "watch",
    "held",
    "serve",
    "page",
    "notes",
    "notes text",
    "follow",
    "follow text",
)


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
        return f"{self.seed}/{self.number}  {who:8} {self.command:11} {self.lab:8} {how:26} → {self.status}"


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
    command = dice.choice(list(COMMANDS))
    return Trial(
        seed, number, command, "" if command in OWN_LAB else dice.choice(LABS), os.geteuid() == 0 and dice.random() < 0.5,
        dice.choice(list(ENDINGS)), dice.choice((dice.uniform(0, 0.3), dice.uniform(0, 1.5), dice.uniform(0.3, 4))),
    )  # fmt: skip


def perform(it: Trial) -> None:
    """Performs the trial; says in ``found`` what was left."""
    dice = random.Random(f"{it.seed}/{it.number}/keys")
    person = make_person(() if it.privileged or os.geteuid() else ORDINARY)
    runtime = person.base / "run"
    runtime.mkdir(0o700)
    person.own(runtime)
    around = person.environment(XDG_RUNTIME_DIR=str(runtime), EDITOR=dice.choice(("true", "tail -f")))
    words = _words(it, person, dice)
    beside = _beside(it, person, around)
    terminal = Terminal(person.command(*words), around, ROOT, columns=100, lines=30)
    end = time.monotonic() + it.moment
    try:
        while (left := end - time.monotonic()) > 0:
            terminal.watch(min(left, dice.uniform(0.005, 0.15)))
            if dice.random() < 0.7:
                terminal.press(_pressed(it, dice))
            if terminal.process.poll() is not None:
                break
        ended = terminal.process.poll() is not None
        if not ended:
            ENDINGS[it.ending](terminal)
        _look(it, terminal, person, beside, by_itself=ended)
        if beside is None and it.status is not None and it.ending != "SIGKILL":  # else the next run sweeps it
            it.found += [f"left: {path}" for path in runtime.rglob("*")]
    finally:
        terminal.close()
        if beside is not None:
            beside.close()
        _reap()
        shutil.rmtree(person.base, ignore_errors=True)


def _words(it: Trial, person: Person, dice: random.Random) -> list[str]:
    lesson = "handshake" if it.lab == "auto" else str(person.file("talk.md", TALK))
    recording = str(RECORDING)
    if it.command.startswith("follow"):
        whole = RECORDING.read_text(encoding="utf-8")  # half of it: whoever follows waits for the rest
        recording = str(
            person.file("half.jsonl", whole[: dice.choice((0, 1000, len(whole) // 2, len(whole)))])
        )
    lab = it.lab if it.command not in ("sandbox", "typed") or it.lab != "auto" else "two-hosts"
    own = "two-hosts" if it.lab == "auto" else "isolated"  # nobody's program runs on the host's own network
    source = dice.choice((PROGRAM, *(text for name, text in HOSTILE.items() if name != "a fork bomb")))
    watched = f"{sys.executable} -S {person.file('program.py', source)}"
    language = dice.choice(("python", "c"))
    given = {
        "lesson": lesson,
        "lab": lab,
        "base": person.base,
        "language": language,
        "own": own,
        "watched": watched,
    }
    return [word.format(**given, recording=recording, program=PROGRAM) for word in COMMANDS[it.command]]


def _beside(it: Trial, person: Person, around: dict[str, str]) -> Terminal | None:
    """For notes a run, on a terminal of its own."""
    if it.command not in ("notes", "notes text"):
        return None
    lesson = str(person.file("talk.md", TALK))
    return Terminal(person.command("run", lesson), around, ROOT, columns=80, lines=24)


def _pressed(it: Trial, dice: random.Random) -> str:
    match it.command:
        case "typed" | "typed beside":
            return dice.choice(TYPED)
        case "sandbox" | "beside":
            return dice.choice(TYPED).replace("\n", "\r") if dice.random() < 0.7 else keys(dice)
        case name if name in KEYS:
            return keys(dice)
        case name if name in LINES:
            return "\n"
    return ""


def _look(it: Trial, terminal: Terminal, person: Person, beside: Terminal | None, *, by_itself: bool) -> None:
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
    if beside is not None:
        beside.watch(0.1)
        if beside.process.poll() is not None:
            it.found.append(f"the run beside it has ended, too: {beside.text}")
        else:
            beside.send(signal.SIGTERM)
            beside.wait_exit()
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
    it.found += [f"left: {path}: {os.listdir(path)}" for path in person.temporary.iterdir()]
    it.found += [f"left: {path.name}: {path.read_text()[-3000:]}" for path in person.base.rglob("crash-*")]
    if not killed:  # else the next who writes it takes it away
        it.found += [f"left: {path.relative_to(person.base)}" for path in person.base.rglob("*.new")]
    said = bytes(terminal.written).decode("utf-8", "replace")
    if "KeyboardInterrupt" not in said or OURS in said:
        faults = FAULTS[:-2] if it.command in OF_PROGRAMS else FAULTS
        it.found += [f"said: {fault}\n{terminal.text.strip()}" for fault in faults if fault in said]
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
