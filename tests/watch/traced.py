"""A tracer without a lab: what it says of a program that runs to its end on this machine's own loopback."""

from __future__ import annotations

import array
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sockviz.lab
from sockviz.lab.source_texts import CallSite
from sockviz.lab.tracer_shorthand import TracerShorthand
from sockviz.lab.tracer_words import LookWanted, TracerSaid, from_tracer
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.turns import Turns
from sockviz.model.values import Value

ENTRY = Path(sockviz.lab.__file__).parent / "entry" / "tracer.py"
Message = Mapping[str, Any]


@dataclass
class Made:
    """A call that a program made: of which task, as it was entered, as it came back."""

    process: str
    task: int
    entered: CallEntered
    place: CallSite | None
    returned: CallReturned | None = None

    @property
    def value(self) -> Value:
        assert self.returned is not None
        return self.returned.value

    @property
    def error(self) -> str | None:
        assert self.returned is not None
        return self.returned.error


@dataclass
class Heard:
    """All that a tracer said, in order."""

    said: list[TracerSaid] = field(default_factory=list)
    places: list[CallSite] = field(default_factory=list)  # of which calls name "texts", from 1

    def find(self, place: CallSite, _at: float) -> tuple[int, int]:
        self.places.append(place)
        return 1, len(self.places)

    def calls(self, *names: str) -> list[Made]:
        """The calls that were made, those of some `names` where any are given, in the order in which they were entered."""
        made: dict[tuple[str, int], Made] = {}
        for each in self.said:
            match each:
                case CallEntered():
                    place = self.places[each.text - 1] if each.text else None
                    made[each.process, each.call] = Made(each.process, each.task, each, place)
                case CallReturned():
                    made[each.process, each.call].returned = each
        return [each for each in made.values() if not names or each.entered.name in names]

    def call(self, name: str, place: int = 0) -> Made:
        return self.calls(name)[place]


class Rig:
    """A tracer, and orders to it; with ``most`` that tells of no more calls than those."""

    def __init__(self, most: int | None = None) -> None:
        self.heard = Heard()
        self._calls = TracerShorthand(self.heard.find)
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", *_program(most), str(theirs.fileno()), "0"],
                pass_fds=[theirs.fileno()],
            )
        self._buffer = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.close()
        assert self._process.wait() == 0

    def start(self, *command: str, name: str = "p", kernel: Sequence[str] = ()) -> None:
        about = {"command": command, "environment": dict(os.environ), "directory": "/", "kernel": kernel}
        with open("/dev/null", "r+b", buffering=0) as null, tempfile.TemporaryFile() as file:
            file.write(json.dumps(about).encode())
            file.flush()
            self.order({"op": "start", "name": name}, [null.fileno()] * 3 + [file.fileno()])

    def order(self, order: Mapping[str, object], fds: Sequence[int] = ()) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self._ours.sendmsg([(json.dumps(order) + "\n").encode()], rights)

    def until(self, *events: str) -> Message:
        """Hears until one of these; returns it."""
        for message in self._messages():
            if message["event"] in events:
                return message
        raise AssertionError(f"the tracer ended before any of {events}")

    def _messages(self) -> Iterable[Message]:
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                message = json.loads(line)
                if isinstance(message, list):
                    for said in self._calls.heard(message):
                        self.heard.said += said if isinstance(said, Turns) else [said]
                else:
                    said_now = from_tracer(message)
                    self.heard.said.append(said_now)
                    if isinstance(said_now, LookWanted):
                        self.order({"op": "looked", "process": said_now.process, "task": said_now.task})
                    yield message
                continue
            data, fds, _flags, _address = socket.recv_fds(self._ours, 1 << 18, 64)
            for fd in fds:
                os.close(fd)
            if not data:
                return
            self._buffer += data


def _program(most: int | None) -> list[str]:
    if most is None:
        return [str(ENTRY)]
    program = f"import sys; sys.path.append({str(ENTRY.parents[3])!r}); from sockviz.model import limits; "
    return ["-c", f"{program}limits.MOST_CALLS = {most}; from sockviz.lab.tracer import main; main.main()"]


def traced(*command: str) -> Heard:
    """What is told of a program that runs to its end."""
    with Rig() as rig:
        rig.start(*command)
        rig.until("over")
        return rig.heard
