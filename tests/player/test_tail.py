"""The end of a file that somebody else writes: what is concluded of it, and when. The clock is the test's."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz.player.tail import BELIEVED, HOLE, LOOK_AROUND, QUIET, Tail
from sockviz.player.writers import claim, is_written


class Clock:
    """Goes on when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"one\n")
    return path


@pytest.fixture
def tail(path: Path, clock: Clock) -> Iterator[Tail]:
    tail = Tail(path, clock)
    yield tail
    tail.close()


def looks(tail: Tail, clock: Clock, seconds: float) -> bytes:
    """What comes of looking for so long, eight times a second."""
    come = tail.read()
    for _ in range(int(seconds * 8)):
        clock.now += 0.125
        come += tail.read()
    return come


def append(path: Path, octets: bytes) -> None:
    with path.open("ab") as file:
        file.write(octets)


def test_what_is_appended_comes_once(tail: Tail, path: Path, clock: Clock) -> None:
    assert looks(tail, clock, 1) == b"one\n"
    for more in (b"tw", b"o\n", b"x" * 70_000, b"\n"):
        append(path, more)
        assert looks(tail, clock, 1) == more
    assert not tail.is_anew
    assert not tail.remark


@pytest.mark.parametrize("text", [b"", b"on", b"other\n", b"ONE\nand more\n"])
def test_a_text_that_is_shorter_or_another_is_believed_when_it_stays(
    tail: Tail, path: Path, clock: Clock, text: bytes
) -> None:
    tail.read()
    path.write_bytes(text)
    assert looks(tail, clock, BELIEVED / 2) == b""
    assert not tail.is_anew, "a size that was kept may be older than what was read"
    path.write_bytes(b"one\ntwo\n")
    assert looks(tail, clock, 2 * BELIEVED) == b"two\n"
    path.write_bytes(text)
    looks(tail, clock, 2 * BELIEVED)
    assert tail.is_anew


def test_another_file_of_that_name(tail: Tail, path: Path, clock: Clock) -> None:
    looks(tail, clock, 1)
    path.unlink()
    looks(tail, clock, 2 * LOOK_AROUND)
    assert "no file of that name" in tail.remark
    assert not tail.is_anew
    path.write_bytes(b"another\n")
    looks(tail, clock, LOOK_AROUND)
    assert tail.is_anew


def test_one_that_is_put_in_its_place_and_begins_as_it_does_goes_on_with_it(
    tail: Tail, path: Path, clock: Clock
) -> None:
    looks(tail, clock, 1)
    other = path.with_suffix(".new")
    other.write_bytes(b"one\ntwo\n")
    other.replace(path)
    assert looks(tail, clock, 2 * LOOK_AROUND) == b"two\n"
    assert not tail.is_anew
    other.write_bytes(b"one\n")  # all that it has is in what was read: it may be on its way
    other.replace(path)
    looks(tail, clock, LOOK_AROUND)
    assert not tail.is_anew
    looks(tail, clock, BELIEVED)
    assert tail.is_anew


def test_zeros_that_have_yet_to_come_are_waited_for(tail: Tail, path: Path, clock: Clock) -> None:
    tail.read()
    append(path, b"\0\0\0\nthree\n")
    assert looks(tail, clock, HOLE / 2) == b""
    with path.open("r+b") as file:
        os.pwrite(file.fileno(), b"two", 4)
    assert looks(tail, clock, 1) == b"two\nthree\n"
    append(path, b"\0\n")
    assert looks(tail, clock, HOLE + 1) == b"\0\n", "it is what the file has"


def test_a_writer_that_was_seen_and_is_gone_is_gone(tail: Tail, path: Path, clock: Clock) -> None:
    with path.open("ab") as writer:
        claim(writer)
        assert looks(tail, clock, 2 * QUIET) == b"one\n"
        assert not tail.abandoned
        assert not tail.remark, "who is there may be silent"
        os.write(writer.fileno(), b"two\n")
    assert looks(tail, clock, LOOK_AROUND) == b"two\n"
    assert not tail.abandoned, "one look is none"
    looks(tail, clock, 2 * LOOK_AROUND)
    assert tail.abandoned


def test_where_nobody_was_seen_no_end_is_concluded(tail: Tail, path: Path, clock: Clock) -> None:
    looks(tail, clock, 3 * QUIET)
    assert not tail.abandoned
    assert "nobody is seen to write it" in tail.remark
    append(path, b"two\n")
    assert looks(tail, clock, 1) == b"two\n"
    assert not tail.remark


def test_what_fails_for_a_while(
    tail: Tail, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail.read()
    append(path, b"two\n")

    def fails(*_: object) -> bytes:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as broken:
        broken.setattr("sockviz.player.tail.os.pread", fails)
        assert looks(tail, clock, 2) == b""
        assert "Stale file handle" in tail.remark
    assert looks(tail, clock, 1) == b"two\n"
    assert not tail.remark


def test_whoever_looks_does_not_keep_a_writer_from_claiming(path: Path) -> None:
    with path.open("rb") as reader, path.open("ab") as writer:
        assert not is_written(reader)
        claim(writer)
        assert is_written(reader)


def test_a_name_that_cannot_be_asked_for_is_not_gone(
    tail: Tail, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        for asked in ("sockviz.player.tail.open_input", "os.stat"):
            patched.setattr(asked, fails)
        assert looks(tail, clock, 3) == b"one\n"
        assert (tail.remark, tail.is_anew) == ("", False)
    path.unlink()
    looks(tail, clock, 3)
    assert "no file of that name" in tail.remark
