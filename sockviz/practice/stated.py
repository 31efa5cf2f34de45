"""Whether an exercise's task states what its student is judged on: every address, port, name, byte, number and signal.

What must be stated is derived from the lines and expectations: where others connect to, or wait; what they are expected to have
received, and what the program has printed. What the others have sent before, and answers that are nothing but a number, a program
can find out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.lesson.blocks import USUAL_LIMIT
from sockviz.lesson.document import Lesson, Prose, SendSignal
from sockviz.model.call import SENDING
from sockviz.problem import Problem

#: The numbers from 0 on as people write them; of languages that are not here small numbers are not looked for.
_WORDS: Mapping[str, str] = {
    "en": "zero|no|none one|once two|twice three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty",
    "es": "cero|ningún|ninguna un|una|uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve veinte",
}
#: What a number is called that is an exit status, within so many words before it.
_STATUS = r"\b(?:exits?|status|salida|estado)\W+(?:\w+\W+){0,2}?"
#: So many bytes are no longer written out, and their number is part of the task.
_MANY = 256
#: Shorter pieces of a text say nothing by standing somewhere.
_SHORTEST = 2
_EVERYWHERE = ("", "0.0.0.0", "::")
#: Attributes whose strings are the kernel's words, and no student's.
_OF_THE_KERNEL = frozenset({"state", "error", "name", "blocked", "type", "family", "timer"})
_ADDRESS = re.compile(r"\d+(?:\.\d+){3}")
_GROUPED = re.compile(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}(?!\d))")

_Value: TypeAlias = "str | int | bytes | tuple[int, ...] | _Exit | _Seconds"


@dataclass(frozen=True, slots=True)
class _Exit:
    """An exit status."""

    status: int


@dataclass(frozen=True, slots=True)
class _Seconds:
    """A time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class _Part:
    """Something that must be stated: what it is, in words, and the text or number itself; of several one will do."""

    line: int
    column: int
    what: str
    value: _Value


def unstated(lesson: Lesson) -> Iterator[Problem]:
    """A problem for each part that the prose does not state, once each."""
    told = _Told.by(lesson)
    seen: set[object] = set()
    for part in (*_places(lesson), *_expected(lesson), *_signals(lesson)):
        if part.value not in seen and not told.states(part.value):
            message = f"the task does not state {part.what}, on which its student is judged"
            yield Problem(part.line, part.column, "exercise", message)
        seen.add(part.value)


@dataclass(frozen=True)
class _Told:
    """What a task's prose states."""

    text: str
    numbers: frozenset[int]
    words: tuple[str, ...]

    @staticmethod
    def by(lesson: Lesson) -> _Told:
        prose = "\n".join(b.markdown for page in lesson.pages for b in page.blocks if isinstance(b, Prose))
        plain = _GROUPED.sub("", _ADDRESS.sub(" ", prose))
        numbers = {int(each) for each in re.findall(r"(?<![\w.])\d{1,9}(?!\w)", plain)}
        numbers |= {
            int(each) * unit for each in re.findall(r"(\d{1,6}) Ki?B\b", plain) for unit in (1000, 1024)
        }
        return _Told(prose, frozenset(numbers), tuple(_WORDS.get(lesson.language or "en", "").split()))

    def states(self, value: _Value) -> bool:
        """Whether it stands there, or all of its pieces do, one after the other."""
        if isinstance(value, tuple):
            return any(map(self.states, value))
        if isinstance(value, _Exit):
            number = self._word(value.status) or str(value.status)
            return bool(re.search(rf"{_STATUS}(?:{value.status}|{number})\b", self.text, re.IGNORECASE))
        if isinstance(value, _Seconds):
            return self._states_time(value.seconds)
        if isinstance(value, int):
            return value in self.numbers or self._in_words(value)
        ends = {0}  # where what stands there may end
        for end in range(_SHORTEST, len(value) + 1):
            if any(end - begin >= _SHORTEST and self._stands_as(value[begin:end]) for begin in ends):
                ends.add(end)
        return len(value) in ends or self._stands_as(value)

    def _states_time(self, seconds: float) -> bool:
        """As seconds or milliseconds: ``0.2 s``, ``200 ms``; a number in words is of seconds."""
        forms = [f"{seconds:g}".replace(".", "[.,]") + r"\s(?:s\b|se[cg])", rf"{1000 * seconds:g}\sms\b"]
        if seconds == int(seconds) and (word := self._word(int(seconds))):
            forms.append(rf"(?:{word}{'|a' if seconds == 1 else ''})\sse[cg]")
        text = _GROUPED.sub("", self.text)
        return any(re.search(rf"(?<![\w.,]){form}", text, re.IGNORECASE) for form in forms)

    def _stands_as(self, value: str | bytes) -> bool:
        if isinstance(value, bytes):
            forms = (value.hex(" "), value.hex(), repr(value)[2:-1], value.decode("utf-8", "replace"))
            return any(self._stands(form) for form in forms)
        return self._stands(value)

    def _in_words(self, number: int) -> bool:
        if not self.words:
            return number <= 20
        word = self._word(number)
        return bool(word) and bool(re.search(rf"\b(?:{word})\b", self.text, re.IGNORECASE))

    def _word(self, number: int) -> str:
        return self.words[number] if number < len(self.words) else ""

    def _stands(self, text: str) -> bool:
        return bool(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", self.text))


def _signals(lesson: Lesson) -> Iterator[_Part]:
    for block in (block for page in lesson.pages for block in page.blocks if isinstance(block, SendSignal)):
        yield _Part(block.line, 1, block.signal, block.signal)


# --- places -----------------------------------------------------------------------------------------------------------


def _places(lesson: Lesson) -> Iterator[_Part]:
    """Where others connect to or send first, and where they wait for somebody."""
    waiting = {
        (statement.process, call.func.value.id)
        for statement, call in _calls(lesson)
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
        and (call.func.attr == "listen" or call.func.attr.startswith("recv"))
    }  # fmt: skip
    for statement, call in _calls(lesson):
        match call:
            case ast.Call(func=ast.Attribute(attr="connect" | "connect_ex"), args=[place]):
                yield from _place(statement, place)
            case ast.Call(func=ast.Attribute(attr="sendto"), args=[_, *_, place]):
                yield from _place(statement, place)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="bind"), args=[place]) if (
                statement.process,
                name,
            ) in waiting:
                yield from _place(statement, place)
            case ast.Call(
                func=ast.Attribute(attr="getaddrinfo"), args=[_, ast.Constant(value=int(port)), *_]
            ):
                yield _Part(statement.line, statement.column, f"port {port}", port)


def _place(statement: Statement, place: ast.expr) -> Iterator[_Part]:
    match place:
        case ast.Tuple(elts=[host, port, *_]):
            if (
                isinstance(host, ast.Constant)
                and isinstance(host.value, str)
                and host.value not in _EVERYWHERE
            ):
                yield _Part(statement.line, statement.column, f"the address {host.value}", host.value)
            if isinstance(port, ast.Constant) and isinstance(port.value, int) and port.value:
                yield _Part(statement.line, statement.column, f"port {port.value}", port.value)
        case ast.Constant(value=str(name) | bytes(name)) if name:
            text = name if isinstance(name, str) else name.decode("utf-8", "replace")
            yield _Part(statement.line, statement.column, f"the name {text!r}", text.lstrip("\0"))


def _calls(lesson: Lesson) -> Iterator[tuple[Statement, ast.Call]]:
    for statement in lesson.statements:
        for node in ast.walk(_tree(statement.source)):
            if isinstance(node, ast.Call):
                yield statement, node


def _tree(source: str) -> ast.AST:
    return ast.parse(source.strip())


# --- expectations -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Lines:
    """What a lesson's lines give variables, and what they send."""

    given: Mapping[tuple[str, str], ast.expr]
    sent: tuple[tuple[int, bytes], ...]  # at which line, and what

    def sent_before(self, line: int) -> frozenset[bytes]:
        return frozenset(text for at, text in self.sent if at < line)

    @staticmethod
    def of(lesson: Lesson) -> _Lines:
        given: dict[tuple[str, str], ast.expr] = {}
        sent: list[tuple[int, bytes]] = []
        for statement in lesson.statements:
            for node in ast.walk(_tree(statement.source)):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if not _has_call(value):
                        given[statement.process, name] = value
                    case ast.Call(func=ast.Attribute(attr=attr), args=arguments) if attr in SENDING | {
                        "sendall"
                    }:
                        names = (
                            n.id for each in arguments for n in ast.walk(each) if isinstance(n, ast.Name)
                        )
                        values = (
                            given[statement.process, n] for n in names if (statement.process, n) in given
                        )
                        for tree in (*arguments, *values):
                            sent += ((statement.line, text) for text in _strings(tree))
        return _Lines(given, tuple(sent))


def _has_call(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _strings(tree: ast.AST) -> Iterator[bytes]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, bytes | str):
            yield node.value.encode() if isinstance(node.value, str) else node.value


def _expected(lesson: Lesson) -> Iterator[_Part]:
    """What expectations compare with: bytes, texts, addresses, numbers, signals."""
    lines = _Lines.of(lesson)
    expectations = [each for page in lesson.pages for each in page.expectations]
    nodes = (node for each in expectations for node in ast.walk(each.expression.tree))
    lengths = {len(n.value) for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, bytes)}
    for expectation in expectations:
        at = expectation.line, expectation.column
        if expectation.within < USUAL_LIMIT:
            yield _Part(*at, f"the {expectation.within:g} s that it has here", _Seconds(expectation.within))
        for node in ast.walk(expectation.expression.tree):
            match node:
                case ast.Compare(left=left, comparators=comparators):
                    for what, value in _compared([left, *comparators], lines, expectation.line, lengths):
                        yield _Part(*at, what, value)
                case ast.keyword(arg=str(name), value=ast.Constant(value=int(number))) if name.endswith(
                    "_port"
                ):
                    yield _Part(*at, f"port {number}", number)


def _compared(
    sides: Sequence[ast.expr], lines: _Lines, line: int, lengths: Collection[int]
) -> Iterator[tuple[str, _Value]]:
    """What the sides of a comparison ask for. `lengths` are those of the texts that are expected: who knows them need not be told
    how long they are."""
    if any(_asks_for(side, _OF_THE_KERNEL) for side in sides):
        return
    sent = lines.sent_before(line)
    is_status = any(_asks_for(side, {"status"}) for side in sides)
    is_time = any(isinstance(side, ast.Subscript) and _asks_for(side.value, {"pauses"}) for side in sides)
    for side in sides:
        match side:
            case ast.Constant(value=bool() | None) | ast.Call() | ast.Subscript():
                pass
            case ast.Constant(value=int(number) | float(number)) if is_time:
                yield f"the time of {number:g} s", _Seconds(number)
            case ast.Constant(value=int(number)) if is_status:
                yield f"exit status {number}", _Exit(number)
            case ast.Constant(value=int(number)):
                # Whether there is one of something, or none, titles say.
                if number >= _SHORTEST and number not in lengths and number not in map(len, sent):
                    yield f"the number {number}", number
            case ast.Tuple(elts=[ast.Constant(value=str(host)), ast.Constant(value=int(port))]):
                yield f"the address {host}", host
                yield f"port {port}", port
            case ast.Attribute(value=ast.Name(id=process), attr=name) if (process, name) in lines.given:
                yield from _of_texts(lines.given[process, name], sent)
            case _:
                yield from _of_texts(side, sent)


def _asks_for(side: ast.expr, attributes: Collection[str]) -> bool:
    return isinstance(side, ast.Attribute) and side.attr in attributes


def _of_texts(tree: ast.expr, sent: frozenset[bytes]) -> Iterator[tuple[str, _Value]]:
    """The lines of each text that no other process has sent, nor is one that a program computes; how many bytes there are of it,
    where it comes so often."""
    for text in _strings(tree):
        for piece in text.split(b"\n"):
            if piece and not piece.isdigit() and not any(piece in each for each in sent):
                yield f"`{repr(piece)[2:-1][:60]}`", piece
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(left=ast.Constant(), op=ast.Mult(), right=ast.Constant(value=int(times))):
                pieces = list(_strings(node))
                whole = sum(map(len, pieces)) * times
                if whole >= _MANY and not any(piece in each for each in sent for piece in pieces):
                    yield f"how many bytes there are, {whole}", (whole, times)
