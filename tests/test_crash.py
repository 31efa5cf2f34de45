"""What is told of a fault, and of what is none: what a machine refuses to any program."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sockviz import crash


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            OSError(errno.ENOSPC, "x", "/a\nb"),
            r"no room for what has to be written (/a\nb: No space left on device)",
        ),
        (
            OSError(errno.EMFILE, "x"),
            "too many files are open (Too many open files). Raise the limit (ulimit -n)",
        ),
        (MemoryError(), "the memory does not suffice (Cannot allocate memory)"),
        (RuntimeError("can't start new thread"), "no more threads can be started"),
        (OSError(errno.EIO, "x"), "a disk or a terminal has failed"),
    ],
)
def test_what_any_program_may_be_refused_is_no_fault_of_ours(
    error: Exception, told: str, tmp_path: Path
) -> None:
    said = crash.save(error, tmp_path)
    assert told in said
    assert "fault" not in said
    assert not list(tmp_path.iterdir())


def test_what_is_kept_of_a_fault_can_be_looked_at(tmp_path: Path) -> None:
    error = ValueError("a\x1b]2;OWNED\x07\u202e\udc80\nb")
    assert "fault of its own" in crash.save(error, tmp_path)
    (kept,) = tmp_path.iterdir()
    text = kept.read_text(encoding="utf-8")
    assert r"ValueError: a\x1b]2;OWNED\x07\u202e\udc80" in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_two_faults_of_one_second_are_both_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda _: "20261129-120000")
    for fault in ("one", "other"):
        assert "The details are in" in crash.save(ValueError(fault), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
