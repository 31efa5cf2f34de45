"""A person with a few terminals, who runs programs to hand out as their README.txt says: ``python -m tests.player.person``.

Standard input has the runs, each a folder of programs that are built. The person starts a program, presses Enter, says kill -CONT
or Ctrl-C in README's order, each when all the others are at rest: asleep or ended, the same in two looks. What came of it all is
printed as JSON.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: A run that takes longer is hung. A connection that is refused room is tried again after 1, 3, 7 … seconds.
LIMIT = 120
#: Between two looks.
PAUSE = 0.04
_ROW = re.compile(r"^ +(\d+)  (\w+) +(start it|Enter|kill -CONT|kill|Ctrl-C)(.*)$", re.MULTILINE)
_START = re.compile(r"^    ((?:python3 )?(?:\./)?(\w+)(?:\.py)?)$", re.MULTILINE)


@dataclass
class Program:
    """One that runs, in its terminal."""

    process: subprocess.Popen[bytes]
    terminal: int
    said: str = ""

    def hear(self) -> None:
        """What it has said since."""
        try:
            while more := os.read(self.terminal, 65536):
                self.said += more.decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:  # nothing now, or it has ended
            return


@dataclass
class Run:
    """The programs of one folder. ``rows`` of README.txt are: number, process, what to do, when."""

    folder: Path
    privileged: list[str]
    commands: dict[str, list[str]]
    rows: list[tuple[int, str, str, str]]
    programs: dict[str, Program] = field(default_factory=dict)
    family: set[int] = field(default_factory=set)
    looked: tuple[int, ...] | None = None
    touched: tuple[int, int] = (0, -1)
    number: int = 0
    problem: str = ""

    @classmethod
    def of(cls, folder: Path, privileged: list[str]) -> Run:
        """As README.txt has it."""
        said = (folder / "README.txt").read_text(encoding="utf-8")
        commands = {name: command.split() for command, name in _START.findall(said)}
        for command in commands.values():  # this Python, started in less time
            command[:1] = [sys.executable, "-ISB"] if command[0] == "python3" else command[:1]
        rows = [(int(number), who, what, when) for number, who, what, when in _ROW.findall(said)]
        rows = rows or [(at, name, "start it", "") for at, name in enumerate(commands, start=1)]
        assert [number for number, *_ in rows] == list(range(1, len(rows) + 1)), said
        return cls(folder, privileged, commands, rows)

    def run(self) -> Iterator[None]:
        """Goes through it, and rests wherever it waits."""
        for number, who, what, when in self.rows:
            self.number = number
            while not (
                self.at_rest() and self.is_asked(number, who, what) and self.has_returned(when, number)
            ):
                yield
            self.do(number, who, what)
        while any(program.process.poll() is None for program in self.programs.values()):
            self.at_rest()  # and what they say is heard
            yield

    def do(self, number: int, who: str, what: str) -> None:
        """One row. Who is woken by it has slept so often until now."""
        self.looked = None
        if what == "start it":
            self.start(who)
        elif what == "Enter":
            self.touch(self.programs[who].process.pid)
            os.write(self.programs[who].terminal, b"\n")
        elif what.startswith("kill"):
            (pid,) = self.stopped(number)
            self.touch(pid)
            os.kill(pid, signal.SIGCONT if what == "kill -CONT" else signal.SIGTERM)
        else:
            program = self.programs[who]
            if not program.said.endswith((": Enter\n", ": Enter")):
                self.touch(program.process.pid)
                os.killpg(program.process.pid, signal.SIGINT)

    def is_asked(self, number: int, who: str, what: str) -> bool:
        """Whether a program asks for what is to be done."""
        if what.startswith("kill"):
            return bool(self.stopped(number))
        if what == "Enter":
            assert who in self.programs, f"{number}: {who} is not started"
            assert self.programs[who].process.poll() is None, f"{number}: {who} has ended"
            return re.search(rf"^{number}: .*: Enter$", self.programs[who].said, re.MULTILINE) is not None
        return True

    def stopped(self, number: int) -> list[int]:
        """The process that has stopped itself."""
        said = "\n".join(program.said for program in self.programs.values())
        return [int(pid) for pid in re.findall(rf"^{number}: .*: kill (?:-CONT )?(\d+)$", said, re.MULTILINE)]

    def touch(self, pid: int) -> None:
        """Notes how often a process has slept before it is woken."""
        self.touched = pid, slept(pid)

    def start(self, name: str) -> None:
        """A program, in a terminal of its own."""
        ours, theirs = pty.openpty()
        os.set_blocking(ours, False)
        process = subprocess.Popen(
            self.commands[name], cwd=self.folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=None if name in self.privileged else without_rights,
        )  # fmt: skip
        os.close(theirs)
        self.programs[name] = Program(process, ours)
        self.family.add(process.pid)

    def at_rest(self) -> bool:
        """Whether all were asleep, stopped or over in two looks, and none has run between."""
        for program in self.programs.values():
            program.hear()
        for pid in list(self.family):
            self.family |= children(pid)
        before, self.looked = self.looked, tuple(slept(pid) for pid in sorted(self.family))
        woken, slept_before = self.touched
        if slept_before > 0 and slept(woken) == slept_before:
            return False
        self.touched = (0, -1)
        return -1 not in self.looked and (before == self.looked or not self.looked)

    def has_returned(self, when: str, number: int) -> bool:
        """Whether a call that takes its time has returned, where that is asked: the program has ended or waits for Enter."""
        found = re.search(r"when \w+ of (\w+) has returned", when)
        if found is None or found[1] not in self.programs:
            return True
        program = self.programs[found[1]]
        return program.process.poll() is not None or any(
            int(said) > number for said in re.findall(r"^(\d+): .*: Enter$", program.said, re.MULTILINE)
        )

    def end(self) -> dict[str, object]:
        """What came of it; whoever is left is ended."""
        found = {}
        for name, program in self.programs.items():
            status = program.process.poll()
            for signal_ in (signal.SIGKILL, signal.SIGCONT):
                try:
                    os.killpg(program.process.pid, signal_)
                except ProcessLookupError:
                    break
            program.process.wait()
            program.hear()
            os.close(program.terminal)
            found[name] = {"status": status, "said": program.said}
        return {"problem": self.problem, "programs": found}


def children(pid: int) -> set[int]:
    """The processes that one has forked."""
    try:
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except OSError:
        return set()


def slept(pid: int) -> int:
    """How often a process has fallen asleep so far, if it sleeps now; -1 where it runs, 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    state = re.search(r"^State:\t(.)", status, re.MULTILINE)
    times = re.search(r"^voluntary_ctxt_switches:\t(\d+)", status, re.MULTILINE)
    if state is None or times is None or state[1] in "ZX":
        return 0
    return 1 + int(times[1]) if state[1] in "ST" else -1


def without_rights() -> None:
    """What is started has no capabilities, though it is root in this namespace."""
    ctypes.CDLL(None).prctl(28, 3, 0, 0, 0)  # PR_SET_SECUREBITS: SECBIT_NOROOT, locked


def raise_loopback() -> None:
    """In a new network namespace it is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS: IFF_UP


def main() -> None:
    """All runs, side by side."""
    raise_loopback()
    runs = [Run.of(Path(each["folder"]), each["privileged"]) for each in json.load(sys.stdin)]
    going = {id(run): run.run() for run in runs}
    deadline = time.monotonic() + LIMIT
    while going:
        for run in runs:
            if id(run) not in going:
                continue
            try:
                next(going[id(run)])
            except StopIteration:
                del going[id(run)]
            except AssertionError as wrong:
                run.problem = str(wrong)
                del going[id(run)]
            if time.monotonic() > deadline:
                run.problem = run.problem or f"it did not go on after {run.number}"
                going.pop(id(run), None)
        time.sleep(PAUSE)
    json.dump({str(run.folder): run.end() for run in runs}, sys.stdout)


if __name__ == "__main__":
    main()
