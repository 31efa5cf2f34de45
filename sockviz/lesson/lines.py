"""Performed lines as they stand in the file: physical lines joined where brackets are open, each with its comment and place."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from typing import Literal

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.lesson_text import LONGEST_LINE
from sockviz.lesson.not_a_line import goes_on, opens_a_block
from sockviz.pattern import pattern

#: Deeper nesting than this is no line that anyone reads.
DEEPEST = 40
_MOST_LINES = 100
_ASIDE = pattern(r" \((?:detected at line|<).*\)$")
#: Python counts the lines of what it is given; a reader counts those of the file.
_LINE = pattern(r"\bline (\d+)")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One statement's text. ``columns`` are the file columns (1-based) of each physical line's first character.

    ``source`` is the text with comments, ``code`` without the comment at its end; ``comment`` is that comment, without its #.
    """

    first: int
    columns: tuple[int, ...]
    source: str
    code: str
    comment: str
    indented: bool = False

    @property
    def last(self) -> int:
        """Its last line in the file."""
        return self.first + len(self.columns) - 1

    @property
    def column(self) -> int:
        """Where it begins."""
        return self.columns[0]

    def place(self, line: int, offset: int) -> tuple[int, int]:
        """File line and column of the character `offset` (0-based) of its physical line `line` (1-based)."""
        line = min(max(line, 1), len(self.columns))
        return self.first + line - 1, self.columns[line - 1] + max(offset, 0)

    def place_of(self, node: ast.AST) -> tuple[int, int]:
        """File line and column of a node of its tree; of an attribute, where its own name begins."""
        line, offset = position(node)
        return self.place(line, characters(self.source.split("\n")[line - 1], offset))


def position(node: ast.AST) -> tuple[int, int]:
    """Line and byte offset of a node; of an attribute, those of the name after its dot."""
    if isinstance(node, ast.Attribute) and node.end_col_offset is not None and node.end_lineno is not None:
        return node.end_lineno, max(node.end_col_offset - len(node.attr.encode()), 0)
    return getattr(node, "lineno", 1), getattr(node, "col_offset", 0)


def characters(line: str, offset: int) -> int:
    """`ast` counts columns in UTF-8 bytes; people count characters."""
    return len(line.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))


class Unparsable(Exception):
    """Not Python: what is wrong, with its place in the text (line from 1, character offset from 0)."""

    def __init__(self, message: str, line: int = 1, offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.line, self.offset = message, line, offset


def read_syntax(source: str, mode: Literal["exec", "eval"], at: int) -> ast.Module | ast.Expression:
    """The syntax tree of `source`, whose first line is line `at` of the file; never code. Raises `Unparsable`, also for what is
    too long or too deep."""
    if len(source) > LONGEST_LINE:
        raise Unparsable(
            _("this has {count} characters; a statement has at most {most}").format(
                count=len(source), most=LONGEST_LINE
            )
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an invalid escape in a string is a mistake, not a warning
            tree = ast.parse(source, mode=mode)
    except SyntaxError as error:
        line, offset = error.lineno or 1, max((error.offset or 1) - 1, 0)
        message = _LINE.sub(lambda of: f"line {int(of[1]) + at - 1}", _ASIDE.sub("", error.msg))
        if "integer string conversion" in message:
            message = _("this number has too many digits")
        raise Unparsable(_("this is not Python: {message}").format(message=message), line, offset) from None
    except (MemoryError, RecursionError):
        raise Unparsable(_("this is nested too deeply")) from None
    except (ValueError, Warning) as error:
        raise Unparsable(_("this is not Python: {error}").format(error=error)) from None
    _check_depth(tree)
    assert isinstance(tree, ast.Module | ast.Expression)
    return tree


def _check_depth(tree: ast.AST) -> None:
    """Walks without recursion, so that whoever walks the tree later may recurse."""
    level: list[ast.AST] = [tree]
    for _depth in range(DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    node = next((node for node in level if hasattr(node, "lineno")), None)
    line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    raise Unparsable(
        _("this is nested too deeply (more than {deepest} levels)").format(deepest=DEEPEST), line, offset
    )


def _children(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, in half the time: every node of every line of a lesson is met here."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [each for each in value if isinstance(each, ast.AST)]
    return found


def logical_lines(body: Sequence[tuple[int, int, str]]) -> Iterator[LogicalLine]:
    """The statements of a fence's body, given as (line, column, text). Blank lines and lines of comment only are passed over."""
    start = 0
    while start < len(body):
        end = _end_of_block(body, start)
        part = body[start : min(end, start + _MOST_LINES)]
        start = end
        source = "\n".join(text for _, _, text in part)
        if not part[0][2].strip() or part[0][2].lstrip().startswith("#"):
            continue
        indent = len(part[0][2]) - len(part[0][2].lstrip())
        code, comment = _split_comment(source)
        columns = (part[0][1] + indent, *(column for _, column, _ in part[1:]))
        yield LogicalLine(part[0][0], columns, source[indent:], code.strip(), comment, indent > 0)


def _end_of_block(body: Sequence[tuple[int, int, str]], start: int) -> int:
    """As `_end_of`; a loop, or whatever else Python has a block for, ends with that: it is one mistake, and not one a line."""
    end = _end_of(body, start)
    text = body[start][2]
    margin = len(text) - len(text.lstrip())
    above = text[margin:]
    if not opens_a_block(above):
        return end
    after = end
    while after < len(body):
        below = body[after][2]
        indent = len(below) - len(below.lstrip())
        if below.strip() and indent <= margin:
            if not goes_on(below[indent:], above):
                break
            above = below[indent:]
        after = _end_of(body, after)
        end = after if below.strip() else end
    return end


def _end_of(body: Sequence[tuple[int, int, str]], start: int) -> int:
    """The index after the last physical line of the statement that begins at `start`: brackets and long strings closed."""
    depth, quote = 0, ""
    for index in range(start, len(body)):
        text = body[index][2]
        position = 0
        while position < len(text):
            character = text[position]
            if quote:
                if character == "\\":
                    position += 2
                    continue
                if text.startswith(quote, position):
                    position += len(quote)
                    quote = ""
                    continue
            elif character in "\"'":
                quote = character * 3 if text.startswith(character * 3, position) else character
                position += len(quote)
                continue
            elif character == "#":
                break
            elif character in "([{":
                depth += 1
            elif character in ")]}":
                depth -= 1
            position += 1
        if len(quote) == 1:
            quote = ""  # never closed on its line: Python will say so
        if depth <= 0 and not quote and not (text.endswith("\\") and "#" not in text):
            return index + 1
    return len(body)  # never closed: Python will say what


def _comment_of_one(line: str) -> int | None:
    """Where the comment begins beside one line of closed brackets and plain strings. None of any other: what that is Python's own
    tokenizer says, whose expressions take longer to be compiled than a lesson to be read."""
    quote, depth = "", 0
    for at, character in enumerate(line):
        if character == "\\" or character == "\n" or depth < 0:
            return None
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            if line.startswith(character * 3, at) or any(
                each in "fFtT" for each in line[max(at - 2, 0) : at]
            ):
                return None
            quote = character
        elif character == "#":
            return at if depth == 0 else None
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in "$?`" or not character.isascii():
            return None
    return None


def _split_comment(source: str) -> tuple[str, str]:
    """The code, and the comments beside it joined, without their #."""
    if "#" not in source or len(source) > LONGEST_LINE:
        return source, ""  # none; or it will be refused
    at = _comment_of_one(source)
    if at is not None:
        return source[:at], source[at:].lstrip("#").strip()
    comments: list[str] = []
    end = len(source)
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                comments.append(token.string.lstrip("#").strip())
                before = source.split("\n")[: token.start[0] - 1]
                last = sum(len(line) + 1 for line in before) + token.start[1]
                if not source[last + len(token.string) :].strip():
                    end = last
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return source, ""  # not Python; the syntax reader will say where
    return source[:end], " ".join(comment for comment in comments if comment)
