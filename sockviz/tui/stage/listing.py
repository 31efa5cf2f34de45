"""A script's lines as code: coloured lightly, cut where it hurts least, and the calls they make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len

from sockviz.calls.script import Script
from sockviz.calls.statement import Statement
from sockviz.model.showing import elided
from sockviz.model.values import Json
from sockviz.pattern import pattern
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.ink import Line, Span, cut, safe

_TOKEN = pattern(
    r"""(?P<comment>\#.*|//.*|/\*.*?\*/)
    | (?P<string>[bru]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))
    | (?P<call>[A-Za-z_]\w*(?=\())
    | (?P<constant>\b[A-Z][A-Z0-9_]+\b)
    | (?P<number>\b(?:0x[0-9a-fA-F]+|\d[\d_]*(?:\.\d+)?)\b)
    | (?P<other>\w+|\s+|.)""",
    re.VERBOSE,
)


@lru_cache(1024)
def coloured(source: str) -> Line:
    """One line of Python or C with its strings, numbers, constants and calls told apart."""
    runs: list[Span] = []
    for match in _TOKEN.finditer(safe(source)):
        kind = match.lastgroup
        role = "" if kind in (None, "other") else f"code-{kind}"
        if runs and runs[-1][1] == role:
            runs[-1] = (runs[-1][0] + match.group(), role)
        else:
            runs.append((match.group(), role))
    return Line(tuple(runs))


@lru_cache(1024)
def compact(source: str, width: int) -> str:
    """`source` on one line of at most `width` cells: first without its comment, then without the arguments, then cut."""
    text = " ".join(safe(source.replace("\n", " ")).split())
    if cell_len(text) <= width:
        return text
    opened = text.find("(")
    if opened > 0 and text.endswith(")"):
        bare = text if text.endswith("()") else text[: opened + 1] + "…)"
        room = width - cell_len(bare)
        # As much of the first arguments as there is room for reads better than none, if it is worth it.
        if room >= 6 and "," in text[opened:]:
            first = text[opened + 1 : text.index(",", opened) + 1]
            if cell_len(first) + 1 <= room and first.count("(") == first.count(")"):
                return f"{text[: opened + 1]}{first} …)"
        if room >= 0:
            return bare
        name = text.find("= ")
        if 0 < name < opened and cell_len(bare) - name - 2 <= width:
            return bare[name + 2 :]
    return elided(cut(text, width - 1)) if width > 0 else ""


@remembered(4)
def _by_line(script: Script) -> dict[int, Statement]:
    return {statement.line: statement for statement in script.statements}


def statement_at(script: Script, line: int | None) -> Statement | None:
    """The statement that begins at that line of the script."""
    return None if line is None else _by_line(script).get(line)


@remembered(32)
def listed(script: Script, process: str, last: int) -> tuple[Statement, ...]:
    """The process's lines on the pages up to page `last` (from 0)."""
    pages = (page for page in script.pages if page.index <= last)
    return tuple(s for page in pages for s in page.statements if s.process == process)


@remembered(4)
def planned(script: Script) -> dict[str, list[str]]:
    """For each process the calls that the script makes in it, in order of first use."""
    names: dict[str, list[str]] = {}
    for statement in script.statements:
        mine = names.setdefault(statement.process, [])
        mine += [name for name in calls_of(statement) if name not in mine]
    return names


def calls_of(statement: Statement) -> list[str]:
    """The calls that a statement makes, in the order it makes them; what only computes (htons, struct.pack) is left out."""
    return list(_calls_in(statement.value))


def _calls_in(tree: Json) -> Iterator[str]:
    match tree:
        case ["call", str(key), receiver, list(arguments), dict(named), bool(is_call)]:
            yield from _calls_in(receiver)
            for part in (*arguments, *named.values()):
                yield from _calls_in(part)
            if is_call:
                yield key.rpartition(".")[2]
        case ["value", _]:
            return
        case [_, *parts]:
            for part in parts:
                yield from _each(part)


def _each(part: Json) -> Iterator[str]:
    if isinstance(part, list) and part and not isinstance(part[0], str):
        for item in part:
            yield from _each(item)
    else:
        yield from _calls_in(part)
