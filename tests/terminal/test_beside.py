"""Hostile programs beside lines that are typed: these are performed, nothing of those reaches the terminal, and all ends."""

from __future__ import annotations

import re
import signal
import sys

import pytest

from tests.fuzz.programs import HOSTILE
from tests.terminal.conftest import Person
from tests.terminal.terminal import DEADLINE

#: What ends the tracer, or takes all processes that a lab may have: no line is performed any more, and the reader is told so.
ALONE = {"kills everybody": "the tracer ended", "a fork bomb": "64 processes"}
_NOT_OURS = re.compile(rb"\x1b\]2;|\x1b\]52;|\x1b\[66m|\x1bc|\xe2\x80\xae|\x9b66m")
#: Seconds in which a program comes to rest that leaves no CPU to others, on a busy machine.
PATIENCE = 90.0
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@pytest.mark.parametrize(
    "name",
    [
        "kills everybody", "stops everybody", "traces everybody", "writes to the terminal", "leaves daemons", "a fork bomb",
        "takes a name and an image",
    ],
)  # fmt: skip
def test_a_hostile_program_beside_typed_lines(ordinary: Person, name: str) -> None:
    file = ordinary.file("hostile.py", HOSTILE[name])
    sitting = ordinary.start("sandbox", "--plain", "--and", f"{sys.executable} -S {file}")
    sitting.wait_for("> ", PATIENCE)
    family = ordinary.family(sitting)
    sitting.press("server> s = socket.socket()\n")
    sitting.wait_for(ALONE.get(name, "gives descriptor"), PATIENCE)
    family.look()
    if name not in ALONE:
        number = ENDINGS[list(HOSTILE).index(name) % len(ENDINGS)]
        sitting.send(number)
        assert sitting.wait_exit() == 128 + number
    elif sitting.process.poll() is None:
        sitting.press("quit\n")
        assert sitting.wait_exit() == 1
    assert family.left(DEADLINE) == []
    assert sitting.is_restored
    assert not _NOT_OURS.search(bytes(sitting.written))
