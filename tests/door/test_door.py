"""Lines as they leave: one line each, in any encoding, onto any stream; and that there is no other way out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.cli import main
from sockviz.door import CannotWrite, Door, Strong
from sockviz.spelling import ERRORS, SPELLED

ROOT = Path(__file__).parents[2]


def said(encoding: str, *lines: str) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    Door(stream).say(*lines)
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_a_line_is_one_line() -> None:
    assert said("utf-8", "a\nsockviz: b", "\x1b[2J") == "a\\nsockviz: b\n\\x1b[2J\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_any_encoding_takes_everything(encoding: str) -> None:
    text = "".join(SPELLED) + "é日本\x1b\udc80"
    told = said(encoding, text)
    assert "\\x1b\\udc80\n" in told
    assert "é" in told or "\\xe9" in told


def test_what_ascii_has_not_is_spelled_or_escaped() -> None:
    assert said("ascii", "a → b • c … “d” ─│╭ ✓ 日") == 'a -> b * c ... "d" -|+ + \\u65e5\n'
    assert said("latin-1", "« → é »") == "« -> é »\n"
    assert all(spelled.isascii() for spelled in SPELLED.values())
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", ERRORS)


def test_who_knows_only_streams_goes_through_it_too() -> None:
    out = io.StringIO()
    print("a\x1b[2J", "b\u202e", sep="\n", file=Door(out))
    assert out.getvalue() == "a\\x1b[2J\nb\\u202e\n"


def test_json_is_lossless_and_seen() -> None:
    out, value = io.StringIO(), {"é\u202e": ["\x9b\n", "می\u200cخ", "\U000e0041", "\udc80", "x"]}
    Door(out).say_json(value)
    assert json.loads(out.getvalue()) == value
    assert "é" in out.getvalue()
    assert not [c for c in out.getvalue() if not c.isprintable() and c != "\n"]


def test_bold_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for stream, told in ((Terminal(), "\x1b[1ma\\x1b\x1b[0m\n\n"), (io.StringIO(), "a\\x1b\n\n")):
        Door(stream).say(Strong("a\x1b"), Strong(""))
        assert stream.getvalue() == told


def test_a_full_disk_is_told_once_and_nothing_is_left_for_the_end(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        out = Door(full)
        with pytest.raises(CannotWrite, match="No space left on device"):
            out.say("a")
        out.say("b")
        Door(full, lossy=True).say("c")
    with pytest.raises(CannotWrite, match="closed"):
        Door(None).say("a")
    Door(None, lossy=True).say("a")


def test_a_stream_that_does_not_block_gets_all_of_it() -> None:
    """Whoever shares a terminal may have set O_NONBLOCK on it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    program = "import sys, time\nwhile sys.stdin.buffer.raw.read(4096): time.sleep(0)"
    with (
        subprocess.Popen([sys.executable, "-c", program], stdin=reading) as reader,
        open(writing, "w") as stream,
    ):
        Door(stream).say("x" * 1_000_000)
        stream.close()
        os.close(reading)
        assert reader.wait(60) == 0


# --- the program's streams ------------------------------------------------------------------------------------


def sockviz(redirection: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = ["/bin/sh", "-c", f'exec "$0" -m sockviz "$@" {redirection}', sys.executable, *arguments]
    given = {**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "LANGUAGE": "", **environment}
    return subprocess.run(command, capture_output=True, timeout=60, check=False, env=given)


COMMANDS = [
    ("list",),
    ("--help",),
    ("--version",),
    ("man", "EBADF"),
    ("man",),
    ("notes", "1"),
    ("doctor", "--json"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_standard_output_that_takes_nothing(arguments: tuple[str, ...]) -> None:
    for redirection, why in (
        (">/dev/full", b"No space left on device"),
        (">&-", b"standard output is closed"),
    ):
        done = sockviz(redirection, *arguments)
        assert done.returncode == 1
        assert done.stderr.count(b"\n") == 1
        assert done.stderr.startswith(b"sockviz: ")
        assert why in done.stderr


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_standard_error_that_takes_nothing_changes_no_exit_code(redirection: str) -> None:
    assert sockviz(redirection, "man", "EBADF").returncode == 0
    assert sockviz(redirection, "notes", "nosuch").returncode == 2
    assert sockviz(redirection, "frobnicate").returncode == 2
    assert sockviz(f"{redirection} >&-", "man", "EBADF").returncode == 1


def test_standard_input_that_is_closed_is_one_at_its_end(tmp_path: Path) -> None:
    done = sockviz("<&-", "man", "EBADF")
    assert (done.returncode, done.stderr) == (0, b"")
    done = sockviz("<&-", "run", "1")
    assert done.returncode == 2
    assert b"not a terminal" in done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "1"}, {"PYTHONIOENCODING": "latin-1:strict", "COLUMNS": "-7"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "COLUMNS": "9" * 30},
    ],
    ids=["ascii", "latin-1", "C"],
)  # fmt: skip
def test_any_encoding_and_any_width(settings: dict[str, str]) -> None:
    for arguments in (("man",), ("--help",), ("notes", "1", "--language", "es"), ("doctor",)):
        done = sockviz("", *arguments, **settings)
        assert done.stderr == b""
        assert done.stdout


def test_what_python_itself_tells_goes_through_it_too() -> None:
    program = (
        "from sockviz import door; door.stand()\n"
        "import warnings, logging, threading; evil = '\\x1b]2;OWNED\\x07\\u202e\\udc80'\n"
        "warnings.warn(evil); logging.error(evil)\n"
        "def fail(): raise ValueError(evil)\n"
        "other = threading.Thread(target=fail); other.start(); other.join()\n"
        "class Late:\n    def __del__(self): fail()\n"
        "Late(); print(evil); fail()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=60, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    told = (done.stdout + done.stderr).decode()
    assert told.count(r"\x1b]2;OWNED\x07\u202e\udc80") == 6
    assert not [c for c in told if not c.isprintable() and c != "\n"]


# --- names that others gave -----------------------------------------------------------------------------------

EVIL = "x\n\x1b]2;OWNED\x07\u202e\nsockviz: OWNED"


def told_well(told: str) -> bool:
    """Whether each line is one of ours, and nothing in it does anything."""
    assert not [c for c in told if not c.isprintable() and c != "\n"]
    assert not [line for line in told.split("\n") if line.startswith("sockviz: OWNED")]
    return "OWNED" in told and "Traceback" not in told and "fault of its own" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", EVIL, "--plain"), ("run", "1", "--plain", "--record", f"/no/{EVIL}"), (EVIL,), ("--theme", EVIL), ("list", EVIL),
        ("--language", EVIL, "list"), ("--progress", f"/dev/null/{EVIL}", "list"), ("check", EVIL), ("check", f"/no/{EVIL}"),
        ("replay", EVIL), ("export", EVIL, "--pcapng", "o"), ("export", EVIL, "--html", "o"),
        ("export", "1", "--code", EVIL, "o"), ("notes", EVIL), ("man", EVIL),
        ("export", "1", "--code", "c", f"/no/{EVIL}"), ("run", "1", "--start", EVIL), ("run", "1", "--lab", EVIL),
        ("replay", "/dev/null", "--at", EVIL),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_was_typed_is_repeated_in_its_place(
    arguments: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):  # argparse's
        assert main(arguments) in (0, 2)
    assert told_well("".join(capfd.readouterr()))


def test_what_stands_in_the_environment() -> None:
    """TERM and XDG_DATA_HOME are told; without a TMPDIR there is no lab, which would leave less to tell of the others."""
    for names in (("TERM", "XDG_DATA_HOME", "LANG", "PATH"), ("TMPDIR",)):
        done = sockviz("", "doctor", **{name: f"/tmp/{name}{EVIL}" for name in names})
        told = (done.stdout + done.stderr).decode()
        assert told_well(told) or names == ("TMPDIR",)
        assert done.returncode in (0, 1)
        assert names == ("TMPDIR",) or all(f"/tmp/{name}x" in told for name in names[:2])


def test_files_with_such_names(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / EVIL.replace("/", "")
    directory.mkdir()
    lesson, recording = directory / f"{EVIL}.md", directory / f"{EVIL}.jsonl"
    lesson.write_text("not a lesson")
    (directory / os.fsdecode(b"\xff\x1b[2J.md")).write_text("---\ntitle: [\n---\n")
    recording.write_text('{"sockviz": 1}')
    for arguments in (
        ("check", directory), ("check", "--json", directory), ("run", lesson, "--plain"), ("replay", recording),
        ("export", recording, "--pcapng", directory / "o"), ("export", recording, "--html", directory / "o"),
        ("notes", lesson), ("run", "1", "--plain", "--record", recording),
    ):  # fmt: skip
        assert main(list(map(str, arguments))) in (1, 2)
        assert told_well("".join(capfd.readouterr()))
