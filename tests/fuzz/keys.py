"""Types at random, every few milliseconds from the launch on, while the window changes its size. By hand::

    python -m tests.fuzz.keys --seed 1 --count 100

Each start is typed at for some seconds, over every screen that this leads to, and then left by Ctrl-Q: it must end with 0, the
terminal as it was, without a word of a fault. ``--only 1/17`` is the seventeenth start of seed 1.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time

from tests.fuzz.gestures import keys
from tests.fuzz.trials import try_all
from tests.required import ORDINARY
from tests.terminal.conftest import ROOT, make_person
from tests.terminal.lessons import TALK
from tests.terminal.terminal import FOCUS, Terminal

CTRL_Q = "\x11"
RECORDING = ROOT / "assets" / "recordings"


def start(seed: int, number: int) -> tuple[str, list[str]]:
    """One start; returns what it was, and what was wrong with it."""
    dice = random.Random(f"{seed}/{number}")
    person = make_person(ORDINARY if os.geteuid() == 0 else ())
    lesson = str(person.file("talk.md", TALK))
    recording = str(next(RECORDING.glob("*")))
    words = dice.choice(
        (
            [],
            ["run", lesson],
            ["run", "1"],
            ["run", "handshake"],
            ["run", lesson, "--lab", "host"],
            ["replay", recording],
        )
    )
    pace, lasts = dice.uniform(0.002, 0.05), dice.uniform(0.3, 4)
    always = dice.choice([*"is?mc ", "\r", None, None, None, None])
    terminal = Terminal(person.command(*words), person.environment(), ROOT, columns=100, lines=30)
    found = []
    try:
        end = time.monotonic() + lasts
        while time.monotonic() < end and terminal.process.poll() is None:
            terminal.press(always or keys(dice))
            if dice.random() < 0.03:
                terminal.resize(dice.randrange(20, 160), dice.randrange(6, 50))
            terminal.watch(pace)
        # Before it takes the terminal, Ctrl-Q is the terminal's own (XON).
        while terminal.process.poll() is None and FOCUS not in terminal.display.on:
            terminal.watch(0.01)
        if terminal.process.poll() is None:
            terminal.press(CTRL_Q)
        status = terminal.wait_exit(30)
        if status != 0:
            found.append(f"ended with {status}:\n{terminal.text.strip()}")
        if not terminal.is_restored:
            found.append(f"modes left on: {terminal.display.on}")
        found += [path.read_text()[-2500:] for path in person.base.rglob("crash-*")]
        found += [f"left: {path}" for path in person.lab_directories]
    except (AssertionError, OSError) as error:
        found.append(str(error))
    finally:
        terminal.close()
        shutil.rmtree(person.base, ignore_errors=True)
    what = f"{seed}/{number}  {' '.join(words)}: {always or 'anything'!r} every {pace * 1000:.0f} ms for {lasts:.1f} s"
    return what, found


if __name__ == "__main__":
    sys.exit(try_all(__doc__.splitlines()[0], 100, start))
