"""Reads the text of a page. What it says of calls is held against the table of calls: none can describe what is not there."""

from __future__ import annotations

import ast
import errno
import re
from collections.abc import Callable, Iterable
from pathlib import PurePath

from sockviz.calls.constants import ERRORS
from sockviz.calls.table import CALLS, Row
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.manual.page_form import (
    CALL,
    ERROR,
    LARGEST_FILE,
    PageForm,
    PageSource,
    fence,
    plain,
    read_failures,
    read_source,
)
from sockviz.manual.pages import GROUPS, BadPage, CallPage, ErrorPage, Failure, ManualText
from sockviz.problem import Problem

#: Errors that are Python's own.
PYTHONS = ("TimeoutError",)
#: In a list of pages it stands beside the name, in 80 columns.
LONGEST_SUMMARY = 56
#: A link to a lesson: ``[The handshake](lesson:handshake)``.
LESSON_LINK = re.compile(r"\]\(lesson:([^)\s]*)\)")
_ANY_LINK = re.compile(r"\]\(([^)\s]*)")
#: What a C prototype names: a word right before a parenthesis.
_MANUAL = re.compile(r"\w+\(\d\)")


def error_names() -> frozenset[str]:
    """The errors that there can be a page for."""
    return ERRORS | frozenset(errno.errorcode.values()) | frozenset(PYTHONS)


def parse_call(data: bytes, path: str) -> CallPage:
    """The page of a call from its file's bytes. Raises `BadPage`."""
    source, findings = _source(data, path, CALL)
    rows = _rows(source, findings)
    parts = {name: _part(source, name, findings) for name in ("", "Returns", "Blocks")}
    c, python = (_fence(source, heading, findings) for heading in ("C", "Python"))
    failures = read_failures(source.sections["Errors"], findings) if "Errors" in source.sections else ()
    _check_group(source, findings)
    _check_summary(source, "summary", findings)
    if PurePath(path).name.count(".") == 1:  # a translation begins with its own words for yes and no
        _check_blocks(parts["Blocks"], rows, findings)
    _check_python(python, rows, findings)
    _check_failures(failures, findings)
    _check_see(source, findings)
    _check_links(source.sections.values(), findings)
    _end(path, findings)
    return CallPage(
        path, _name(path), source.fields["summary"], source.fields["group"], source.words("functions"), source.words("also"),
        source.words("see"), source.words("related"), parts[""], c, python, parts["Returns"], parts["Blocks"], failures,
        source.sections.get("Elsewhere"),
    )  # fmt: skip


def parse_error(data: bytes, path: str) -> ErrorPage:
    """The page of an error from its file's bytes. Raises `BadPage`."""
    source, findings = _source(data, path, ERROR)
    name = _name(path)
    if name not in error_names():
        findings.problem(1, 1, "page", f"{name} is no error's name{nearest(name, error_names())}")
    cause, remedy = _part(source, "Usual cause", findings), _part(source, "What to do", findings)
    if "" in source.sections:
        findings.problem(source.sections[""].line, 1, "page", "expected ## Usual cause before any text")
    _check_summary(source, "says", findings)
    _check_see(source, findings)
    _check_links(source.sections.values(), findings)
    for part in (cause, remedy):
        if "\n\n" in part.markdown or LESSON_LINK.search(part.markdown):
            message = "expected one plain paragraph, as the card of a failed call shows it too; more goes under ## More"
            findings.problem(part.line, 1, "page", message)
    _end(path, findings)
    return ErrorPage(
        path, name, source.fields["says"], plain(cause.markdown), plain(remedy.markdown), source.words("see"),
        source.words("related"), source.sections.get("More"),
    )  # fmt: skip


# --- its parts --------------------------------------------------------------------------------------------------------


def _name(path: str) -> str:
    return PurePath(path).name.partition(".")[0]  # accept.es.md is its translation


def _source(data: bytes, path: str, form: PageForm) -> tuple[PageSource, Findings]:
    findings = Findings()
    if len(data) > LARGEST_FILE:
        raise BadPage(
            path,
            (Problem(1, 1, "limit", f"the file has {len(data)} bytes; a page has at most {LARGEST_FILE}"),),
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = Problem(
            line, 1, "encoding", f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        )
        raise BadPage(path, (problem,)) from None
    return read_source(text, form, findings), findings


def _end(path: str, findings: Findings) -> None:
    if findings.problems:
        raise BadPage(path, findings.problems)


def _nothing(source: PageSource, heading: str) -> ManualText:
    return ManualText("", source.line(heading))


def _part(source: PageSource, heading: str, findings: Findings) -> ManualText:
    text = source.sections.get(heading)
    if text is None and heading and heading not in source.places:
        return _nothing(source, heading)  # it is lacking, and that has been said
    if text is None:
        what = (
            f"## {heading} has no text"
            if heading
            else "expected text before the first heading: what the call does"
        )
        findings.problem(source.line(heading), 1, "page", what)
        return _nothing(source, heading)
    return text


def _fence(source: PageSource, heading: str, findings: Findings) -> ManualText:
    if heading not in source.places:
        return _nothing(source, heading)
    return fence(source.sections.get(heading, _nothing(source, heading)), heading.lower(), findings)


def _rows(source: PageSource, findings: Findings) -> list[Row]:
    rows = []
    for key in source.words("functions"):
        if key in CALLS:
            rows.append(CALLS[key])
        else:
            findings.problem(
                source.line("functions"),
                1,
                "page",
                f"{key[:60]} is not in the table of calls{nearest(key, CALLS)}",
            )
    return rows


def _check_group(source: PageSource, findings: Findings) -> None:
    group = source.fields.get("group")
    if group is not None and group not in GROUPS:
        meant = nearest(group, GROUPS) or f"; expected {listed(GROUPS)}"
        findings.problem(source.line("group"), 1, "page", f"no group {group[:60]}{meant}")


def _check_summary(source: PageSource, name: str, findings: Findings) -> None:
    summary = source.fields.get(name, "")
    if len(summary) > LONGEST_SUMMARY or summary.endswith("."):
        message = f"{name}: is one phrase of at most {LONGEST_SUMMARY} characters, without a full stop"
        findings.problem(source.line(name), 1, "page", message)


def _check_blocks(text: ManualText, rows: Iterable[Row], findings: Findings) -> None:
    may = any(row.may_block for row in rows)
    wanted = "Yes" if may else "No"
    if text.markdown and not re.match(rf"{wanted}\b", text.markdown):
        told = "may block" if may else "never blocks"
        findings.problem(
            text.line,
            1,
            "page",
            f"by the table of calls this {told}: expected a text that begins with {wanted}",
        )


def _check_failures(failures: Iterable[Failure], findings: Findings) -> None:
    for failure in failures:
        if failure.name not in error_names():
            meant = nearest(failure.name, error_names())
            findings.problem(failure.line, 3, "errors", f"{failure.name} is no error's name{meant}")


def _check_see(source: PageSource, findings: Findings) -> None:
    see = source.words("see")
    if see and not any(_MANUAL.search(word) or word.startswith("Python") for word in see):
        findings.problem(source.line("see"), 1, "page", "expected a man page among these, such as accept(2)")


def _check_links(texts: Iterable[ManualText], findings: Findings) -> None:
    for text in texts:
        for number, line in enumerate(text.markdown.split("\n"), text.line):
            for match in _ANY_LINK.finditer(line):
                if not re.fullmatch(r"lesson:[a-z0-9-]+", match[1]):
                    message = (
                        "a page links only to lessons, by slug, such as [The handshake](lesson:handshake)"
                    )
                    findings.problem(number, match.start() + 1, "link", message)


def _check_python(text: ManualText, rows: Iterable[Row], findings: Findings) -> None:
    """Every line calls one of the page's functions as the table knows it, and each of them is called."""
    missing = {row.key: row for row in rows}
    every = list(missing.values())
    for number, line in enumerate(text.markdown.split("\n") if text.markdown else (), text.line):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        call = _call_of(line)
        if call is None:
            findings.problem(
                number, 1, "python", "expected one call a line, such as `n = s.send(data, flags)`"
            )
            continue
        found = [row for row in every if _is_of(row, call)]
        if not found:
            findings.problem(
                number, 1, "python", f"none of this page's functions is called like this{_meant(call, every)}"
            )
        for row in found:
            missing.pop(row.key, None)
            _check_arguments(call, row, lambda message, at=number: findings.problem(at, 1, "python", message))  # type: ignore[misc]
    for row in missing.values():
        findings.problem(text.line, 1, "python", f"expected a line that calls {row.signature}")


def _call_of(line: str) -> ast.Call | None:
    try:
        tree = ast.parse(line)
    except (SyntaxError, ValueError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr | ast.Assign):
        return None
    value = tree.body[0].value
    return value if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute | ast.Name) else None


def _is_of(row: Row, call: ast.Call) -> bool:
    """A function is called by its full name (Python's own by its last word), a method on any name but a module's."""
    owner, _, name = ast.unparse(call.func).rpartition(".")
    if name != row.name:
        return False
    if row.receiver is None:
        return f"{owner or 'builtins'}.{name}" == row.key
    return owner.isidentifier() and owner not in _OWNERS and _LETTERS.get(owner, row.receiver) == row.receiver


#: The modules and classes that functions are called on, and the names that stand for more than a socket.
_OWNERS = frozenset(row.key.rpartition(".")[0] for row in CALLS.values() if row.receiver is None)
_LETTERS = {"s": "socket.socket", "poll": "select.poll", "epoll": "select.epoll", "libc": "ctypes.CDLL"}


def _meant(call: ast.Call, rows: Iterable[Row]) -> str:
    return nearest(ast.unparse(call.func).rpartition(".")[2], (row.name for row in rows))


def _check_arguments(call: ast.Call, row: Row, bad: Callable[[str], None]) -> None:
    """Their number and names; whose name is given is one of the row's."""
    required = sum(p.required for p in row.parameters)
    many = any(p.many for p in row.parameters)
    given = len(call.args) + len(call.keywords)
    if given < required or (given > len(row.parameters) and not many):
        bad(f"the table of calls has {row.signature}")
    for word in call.keywords:
        if word.arg not in (names := [p.name for p in row.parameters]):
            bad(f"{row.name} has no parameter {word.arg}{nearest(word.arg or '', names)}")
