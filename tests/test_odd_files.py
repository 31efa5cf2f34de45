"""Whatever somebody names as a file to read or to write gets a sentence, soon: what it is, and what to do."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sockviz.cli import main
from sockviz.input_file import NotAFile, open_input, read_input
from sockviz.output_file import NotWritten, why_not_made
from tests.test_cli import lesson, sockviz

__all__ = ["lesson"]  # a fixture

RECORDING = Path(__file__).parents[1] / "assets" / "recordings" / "06-handshake.jsonl"
MIB = 1 << 20


def fifo(path: Path) -> None:
    os.mkfifo(path)


def mail(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))


def large(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 30)


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


#: What stands where a file should, and what is said of it.
ODD: list[tuple[Callable[[Path], object], str]] = [
    (Path.mkdir, "it is a directory"), (fifo, "it is a pipe"), (mail, "it is a socket"), (large, "more than"),
    (circle, "in a circle"), (dangling, "No such file"), (lambda path: path.symlink_to("/dev/zero"), "it is a device"),
    (lambda path: path.symlink_to("/proc/self/mem"), "Input/output error"), (Path.absolute, "No such file"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "what"), ODD)
def test_each_is_said_to_be_what_it_is(
    make: Callable[[Path], object], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name may have 108 bytes
    path = Path("odd.md")
    make(path)
    with pytest.raises(OSError, match=r"odd\.md") as caught:
        read_input(path, MIB)
    said = caught.value.strerror or ""
    assert what in said
    assert "; " in said, "what to do"


@pytest.mark.parametrize(
    "command", ["replay --plain", "run --plain", "check", "notes", "export", "export --html out"]
)
@pytest.mark.parametrize(("make", "what"), ODD)
def test_each_command_says_so_and_names_it(
    make: Callable[[Path], object],
    what: str,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("odd.md"))
    more = ["--pcapng", "out"] if command == "export" else []
    assert main([*command.split(), "./odd.md", *more]) in (1, 2)
    said = "".join(capsys.readouterr())
    if command == "check" and make is Path.mkdir:
        what = "no lesson"
    assert what in said
    assert "odd.md" in said
    assert not Path("out").exists()


def test_no_device_is_opened_to_see_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog, opened and closed, restarts the machine."""

    def never(*_: object) -> int:
        raise AssertionError("opened")

    monkeypatch.setattr(os, "open", never)
    with pytest.raises(NotAFile, match="device"):
        open_input(Path("/dev/null"), MIB)


def test_what_grows_behind_its_size_is_not_read_to_its_end() -> None:
    """Files of /proc have 0 bytes, as far as stat says."""
    with pytest.raises(NotAFile, match="more than 100 bytes"):
        read_input(Path("/proc/self/status"), 100)
    assert read_input(Path("/proc/self/status"), MIB).startswith(b"Name:")


def test_a_file_of_one_who_does_not_let_us_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "theirs"
    path.touch()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match="Permission denied; ask its owner") as caught:
        read_input(path, MIB)
    assert caught.value.filename == str(path)


def test_a_byte_order_mark_and_foreign_line_ends_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + RECORDING.read_bytes().replace(b"\n", b"\r\n"))
    done = sockviz("replay", "--json", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == sockviz("replay", "--json", str(RECORDING)).stdout


# --- what is written --------------------------------------------------------------------------------------------

TAKEN: list[tuple[str, str]] = [
    ("dangling", "a link to nowhere, which does not exist"), ("directory", "this is a directory"),
    ("fifo", "a device or a pipe"), ("/dev/full", "a device or a pipe"), ("file", "this file exists"),
    ("no/such/directory", "there is no directory no/such; make it first"), ("file/x", "file is not a directory"),
    ("/proc/x", "nothing new can be made in /proc"), ("x" * 300, "File name too long"),
]  # fmt: skip


@pytest.mark.parametrize(("out", "why"), TAKEN)
def test_what_is_to_be_written_and_cannot(
    out: str,
    why: str,
    lesson: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    dangling(Path("dangling"))
    Path("directory").mkdir()
    fifo(Path("fifo"))
    Path("file").write_text("mine")
    before = sorted(os.listdir())
    for arguments in (
        ("run", lesson, "--plain", "--record", out),
        ("export", str(RECORDING), "--pcapng", out),
        ("export", lesson, "--code", "c", out),
        ("export", lesson, "--html", out),
        ("export", str(RECORDING), "--html", out),
    ):
        if arguments[2:] == ("--code", "c", "directory"):
            continue  # an empty one will do
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert out in said
        assert why in said
    assert sorted(os.listdir()) == before
    assert Path("file").read_text() == "mine"


def test_a_way_that_was_blocked_and_is_free_again(tmp_path: Path) -> None:
    error = FileExistsError(17, "File exists")
    assert why_not_made(tmp_path / "gone", error) == "this file exists; name another, or remove it"


def test_what_was_said_of_a_file_that_could_not_be_written_is_said_once() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    once = why_not_made(Path("d"), full)
    assert once == "there is no room for it (No space left on device); make some, or name another place"
    assert why_not_made(Path("d"), NotWritten(errno.ENOSPC, once, "d")) == once
