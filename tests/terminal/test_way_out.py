"""A lesson that this machine refuses, on a terminal: its recording, on the same screen and in plain text, with its questions."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.lab import refusing
from tests.required import unavailable
from tests.terminal.conftest import SPACE, Person
from tests.terminal.family import descendants


def refused() -> tuple[str, ...]:
    """What is refused to sockviz so that it gets no namespaces."""
    if not refusing.is_supported():
        unavailable("refusing.py does not know this machine's system calls")
    return ("unshare:EPERM",)


def test_on_the_screen(ordinary: Person) -> None:
    sitting = ordinary.start("run", "handshake", refused=refused(), TEXTUAL_ANIMATIONS="none")
    text = sitting.wait_for("RECORDED")
    assert "LIVE" not in text
    sitting.wait_for("It is not performed here: its recording is played. i tells why, R tries again.")
    sitting.press("i")
    sitting.wait_for("unshare(CLONE_NEWUSER): EPERM")
    sitting.press("i")
    sitting.wait_for(lambda text: "unshare(CLONE_NEWUSER)" not in text)
    sitting.press(SPACE)
    sitting.wait_for("Predict first")
    before = sitting.event
    sitting.press("3")
    sitting.wait_for("3 ● 3")
    sitting.press(SPACE)
    sitting.wait_for(lambda _: sitting.event > before)
    assert ordinary.family(sitting).look() == set(), "nothing is performed"
    assert ordinary.leave(sitting) == 0


def test_at_a_later_page(ordinary: Person) -> None:
    sitting = ordinary.start("run", "handshake", "--start", "3", refused=refused(), TEXTUAL_ANIMATIONS="none")
    assert "RECORDED" in sitting.wait_for("page 3/")
    assert ordinary.leave(sitting) == 0


def test_in_plain_text(ordinary: Person) -> None:
    sitting = ordinary.start("run", "handshake", "--plain", refused=refused(), size=(120, 60))
    text = sitting.wait_for("your prediction, 1–4 (Enter passes, l: the page's lines):")
    assert "RECORDED" in text
    assert "a live run (it needs two hosts" in text
    assert "client → server: SYN" not in text, "asked before it is told"
    sitting.press("2\n")
    while "(you predicted 2)" not in sitting.wait_for(lambda text: text.rstrip().endswith("q: leave]")):
        told = len(sitting.written)
        sitting.press("\n")
        # The terminal echoes the newline; what is told comes after it, and ends with the next question.
        sitting.wait_for(lambda _, told=told: len(sitting.written) > told + 40)  # type: ignore[misc]
    assert "The kernel says: 3 (you predicted 2)" in sitting.text
    sitting.press("q\n")
    assert sitting.wait_exit() == 0


def _running(sitting_pid: int, program: str) -> int:
    """The first process below that one which runs `program`."""
    for pid in sorted(descendants(sitting_pid)):
        if program in Path(f"/proc/{pid}/cmdline").read_text():
            return pid
    raise AssertionError(f"nobody runs {program}")


def test_what_breaks_half_way_goes_on_from_the_recording_and_back_to_live(ordinary: Person) -> None:
    sitting = ordinary.start("run", "first-connection", "--start", "4", TEXTUAL_ANIMATIONS="none")
    sitting.wait_for("page 4/")
    sitting.wait_for(lambda text: "Performing the pages" not in text)
    os.kill(_running(sitting.process.pid, "init.py"), signal.SIGKILL)
    sitting.wait_for("Space goes on from its recording, at this page.")
    sitting.press(SPACE)
    sitting.wait_for(lambda text: "RECORDED" in text and "page 4/" in text)
    sitting.press("R")
    sitting.wait_for(lambda text: "LIVE" in text and "page 4/" in text)
    assert ordinary.leave(sitting) == 0


def test_what_breaks_half_way_goes_on_from_the_recording_in_plain_text_too(ordinary: Person) -> None:
    sitting = ordinary.start("run", "first-connection", "--start", "4", "--plain", size=(120, 60))
    sitting.wait_for("your prediction, 1–3 (Enter passes, l: the page's lines):")
    os.kill(_running(sitting.process.pid, "init.py"), signal.SIGKILL)
    sitting.press("\n\n")
    sitting.wait_for("the lab's first process ended, and every process in it")
    sitting.wait_for(
        "It goes on from its recording, at page 4; «sockviz run 1 --plain --start 4» performs it again."
    )
    told = sitting.wait_for(
        lambda text: text.count("your prediction, 1–3 (Enter passes, l: the page's lines):") == 2
    )
    assert "page 4 of 12" in told.partition("RECORDED")[2]
    assert "page 3 of 12" not in told.partition("RECORDED")[2], "what came before was told"
    sitting.press("q\n")
    assert sitting.wait_exit() == 1, "it was not performed to its end"
