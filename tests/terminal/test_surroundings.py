"""Terminals, environments and machines that lack something: a clear word, and the most that can still be shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab import refusing
from tests.required import unavailable
from tests.terminal.conftest import Person
from tests.terminal.lessons import GOODBYE, TALK


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_a_standard_stream_that_is_no_terminal(ordinary: Person, stream: str, tmp_path: Path) -> None:
    with (tmp_path / "else").open("w+") as other:
        sitting = ordinary.start("run", "1", installed=True, **{stream: other.fileno()})  # type: ignore[arg-type]  # three streams
        status = sitting.wait_exit()
        said = sitting.text + (tmp_path / "else").read_text()
    assert status == 2
    assert "terminal" in said
    assert "--plain" in said
    assert sitting.is_restored
    assert b"\x1b" not in sitting.written


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_be_drawn_on(ordinary: Person, term: str) -> None:
    sitting = ordinary.start(TERM=term, installed=True)
    assert sitting.wait_exit() == 2
    assert "TERM" in sitting.text
    assert "--plain" in sitting.text
    assert b"\x1b" not in sitting.written


def test_without_colour(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson), NO_COLOR="1")
    sitting.perform("ESTABLISHED")
    sitting.perform("✓ server.data")
    sitting.press("s")
    sitting.wait_for("CLOSE-WAIT")
    sitting.press("s")
    sitting.wait_for(lambda text: "CLOSE-WAIT" not in text)
    assert ordinary.leave(sitting) == 0
    assert sitting.colours == []  # the others have some: test_a_damaged_progress_file


def test_only_ascii(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson), LC_ALL="C")
    sitting.perform("ESTABLISHED")
    sitting.wait_for("SYN+ACK")
    assert ordinary.leave(sitting) == 0
    assert sitting.written.isascii(), sitting.text


def test_a_small_terminal_from_the_start(ordinary: Person) -> None:
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson), size=(60, 20))
    text = sitting.wait_for("one pane at a time")
    assert "Tab" in text
    sitting.press("\t")
    sitting.perform("asleep in accept4")
    assert ordinary.leave(sitting) == 0


def test_a_home_that_cannot_be_written(ordinary: Person) -> None:
    if os.geteuid() != 0 and not ordinary.prefix:
        ordinary.home.chmod(0o555)
    os.chown(ordinary.home, 0, 0) if os.geteuid() == 0 else None
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start("run", str(lesson))
    sitting.perform("✓ server.data")
    assert ordinary.leave(sitting) == 0
    assert "progress cannot be written" in sitting.text
    assert "--progress" in sitting.text
    assert not ordinary.progress.exists()


def test_a_damaged_progress_file(ordinary: Person) -> None:
    damage = "format = 1\nlast = { lesson"
    ordinary.file("home/.local/share/sockviz/progress.toml", damage)
    sitting = ordinary.start()
    text = sitting.wait_for("The first connection")
    assert "could not be understood" in text
    assert sitting.colours, "test_without_colour could not fail"
    assert ordinary.leave(sitting) == 0
    assert "progress.damaged-1" in sitting.text
    assert (ordinary.progress.with_suffix(".damaged-1")).read_text() == damage


def test_two_at_once(ordinary: Person) -> None:
    lessons = [ordinary.file(name, TALK) for name in ("one.md", "two.md")]
    sittings = [ordinary.start("run", str(lesson)) for lesson in lessons]
    for sitting in sittings:
        assert "LISTEN :8080" in sitting.perform("asleep in accept4")
    first, second = sittings
    assert "ESTABLISHED" in first.perform("✓ server.data")
    assert "ESTABLISHED" not in second.text
    assert "accept queue □□ 0" in second.text
    assert ordinary.leave(first) == 0
    second.perform("✓ server.data")
    assert ordinary.leave(second) == 0
    progress = ordinary.progress.read_text()
    for slug in ("one", "two"):
        assert f'[lessons."{slug}"]\npages = 2\nseen = [0, 1]' in progress


def test_the_machines_own_loopback(ordinary: Person) -> None:
    if not ordinary.prefix and os.geteuid() == 0:
        unavailable("root may capture on this machine's own loopback")
    lesson = ordinary.file("goodbye.md", GOODBYE)
    sitting = ordinary.start("run", str(lesson), "--lab", "host")
    text = sitting.wait_for("host loopback")
    sitting.perform("ESTABLISHED")
    text = sitting.wait_for("SYN+ACK")
    assert "inferred" in text
    sitting.perform("TIME-WAIT")
    assert ordinary.leave(sitting) == 0
    assert "TIME-WAIT 127.0.0.1:" in sitting.text
    assert "the kernel keeps it for up to a minute" in sitting.text


def test_unshare_refused(ordinary: Person) -> None:
    if not refusing.is_supported():
        unavailable("the numbers of this machine's system calls are not known")
    lesson = ordinary.file("talk.md", TALK)
    sitting = ordinary.start(
        "run", str(lesson), refused=("unshare:EPERM",), size=(120, 70)
    )  # all of the evidence, whatever is known of a sleep
    text = sitting.wait_for("No isolated lab here")
    assert "host loopback" in text
    sitting.perform("ESTABLISHED")
    sitting.press("i")
    assert "EPERM" in sitting.wait_for("unshare(")
    assert ordinary.leave(sitting) == 0
