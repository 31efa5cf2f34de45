"""Probes of the terminal, of places to write, and of the tools that show the same facts by hand. Any system."""

from __future__ import annotations

import codecs
import locale
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from sockviz.probes.probe import FILES, TERMINAL, TOOLS, Probe, errno_name, failed, passed, refused

_SMALLEST = (80, 24)
_NO_SCREEN = "no screen: --plain gives the lesson as a linear transcript"

_HAND_TOOLS = {
    "ss": ("the sockets of any terminal, as the screen shows them", "iproute2"),
    "nsenter": ("a second terminal inside the isolated lab (sockviz shell)", "util-linux"),
    "strace": ("the system calls of a program of your own", "strace"),
    "tshark": ("packets in a second terminal", "tshark or wireshark-cli"),
    "cc": ("that the calls in the C view compile", "gcc or clang"),
}


def probe_terminal(environment: Mapping[str, str] = os.environ) -> list[Probe]:
    """What standard input and output can show."""
    return [
        _is_terminal("standard input", sys.stdin, "keys and answers cannot be read: " + _NO_SCREEN),
        _is_terminal("standard output", sys.stdout, _NO_SCREEN),
        _term(environment),
        _size(),
        _colours(environment),
        _utf8(),
    ]


def _is_terminal(name: str, stream: IO[str] | None, costs: str) -> Probe:
    if stream is not None and not stream.closed and stream.isatty():
        return passed(TERMINAL, name, "a terminal")
    return failed(
        TERMINAL, name, "not a terminal", costs, "run sockviz in a terminal, not in a pipe or a job"
    )


def _term(environment: Mapping[str, str]) -> Probe:
    term = environment.get("TERM", "")
    if term in ("", "dumb"):
        found = f"TERM is {term}" if term else "TERM is not set"
        return failed(
            TERMINAL, "TERM", found, _NO_SCREEN, "export TERM=xterm-256color, if the terminal is one"
        )
    return passed(TERMINAL, "TERM", term)


def _size() -> Probe:
    for stream in (sys.stdout, sys.stdin, sys.stderr):
        try:
            columns, lines = os.get_terminal_size(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue  # ENOTTY: not a terminal; it may be closed or no file at all
        found = f"{columns}×{lines}"
        if columns >= _SMALLEST[0] and lines >= _SMALLEST[1]:
            return passed(TERMINAL, "size", found)
        costs = "the screen is cut, or asks for more room"
        return failed(
            TERMINAL, "size", found, costs, "enlarge the window to 80×24 or more, or make its font smaller"
        )
    return failed(TERMINAL, "size", "there is no terminal to measure", _NO_SCREEN)


def _colours(environment: Mapping[str, str]) -> Probe:
    if environment.get("NO_COLOR"):
        return passed(TERMINAL, "colours", "none, as NO_COLOR asks: symbols and words say everything")
    if environment.get("COLORTERM", "") in ("truecolor", "24bit"):
        return passed(TERMINAL, "colours", "16 million")
    term = environment.get("TERM", "")
    if term in ("", "dumb"):
        return failed(
            TERMINAL,
            "colours",
            "none",
            "symbols and words only",
            "a terminal with colours and its TERM",
        )
    number = "256" if "256color" in term or "direct" in term else "16"
    return passed(
        TERMINAL, "colours", f"{number} (COLORTERM=truecolor would give more, where the terminal has them)"
    )


def _utf8() -> Probe:
    encoding = getattr(sys.stdout, "encoding", None) or locale.getpreferredencoding(False)
    try:
        is_utf8 = codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        is_utf8 = False
    if is_utf8:
        return passed(TERMINAL, "UTF-8", encoding)
    return failed(
        TERMINAL,
        "UTF-8",
        encoding,
        "boxes, arrows and marks are drawn in ASCII",
        "export LC_ALL=C.UTF-8",
    )


def probe_files(progress: Path | None = None) -> list[Probe]:
    """Where sockviz writes: your progress (in `progress`, if given), and a lab's files for as long as it lives."""
    probes = []
    if progress is not None:
        costs = "your progress is forgotten when sockviz ends"
        enable = "--progress FILE names another place, or XDG_DATA_HOME does"
        probes.append(_writable("progress", progress.parent, costs, enable))
    try:
        place = Path(tempfile.gettempdir())
    except OSError as error:  # ENOENT: none of the usual places can be written
        costs = "lessons cannot be performed: a lab's files have no place"
        probes.append(refused(FILES, "temporary directory", error.errno or 0, costs, "set TMPDIR"))
    else:
        costs = "lessons cannot be performed: a lab's files have no place"
        probes.append(_writable("temporary directory", place, costs, "set TMPDIR to a place with room"))
    return probes


def _writable(name: str, directory: Path, costs: str, enable: str) -> Probe:
    """Whether a file can be made in `directory`, itself made if need be; nothing is left."""
    made: list[Path] = []
    try:
        missing = [path for path in (directory, *directory.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700)
            made.append(path)
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"sockviz")
            file.flush()
    except OSError as error:
        return Probe(
            FILES,
            name,
            False,
            f"{directory}: {os.strerror(error.errno or 0)}",
            errno_name(error.errno or 0),
            costs,
            enable,
        )
    finally:
        for path in reversed(made):
            path.rmdir()
    return passed(FILES, name, f"{directory} can be written")


def probe_tools() -> list[Probe]:
    """Programs that sockviz never runs for a lesson, but names."""
    probes = []
    for tool, (use, package) in _HAND_TOOLS.items():
        path = shutil.which(tool)
        if path is None and tool == "cc":
            path = shutil.which("gcc") or shutil.which("clang")
        if path is None:
            probes.append(
                failed(TOOLS, tool, "not found", f"nothing in sockviz; it shows {use}", f"install {package}")
            )
        else:
            probes.append(passed(TOOLS, tool, f"{path}: {use}"))
    return probes
