"""A line that is still being typed, up to the cursor: its tokens, the brackets that are open, and what may come next.

Such a line seldom is Python, so no parser of Python's is asked; what is found here is no more than where the cursor stands. One
pass over a line of bounded length.
"""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from sockviz.dataclass import dataclass
from sockviz.lesson.lesson_text import LONGEST_LINE
from sockviz.lesson.lines import DEEPEST
from sockviz.pattern import pattern

_NAME = pattern(r"[^\W\d]\w*")
_NUMBER = pattern(r"\d(?:[eE][+-]?\d|[\w.])*")
_SYMBOL = pattern(r"[=!<>]=|:=|[-+*/%&|^@]=|\*\*|//|<<|>>|[-+*%|&^~=,.:()\[\]{}]")
#: Before a quote they belong to the string.
_PREFIXES = frozenset(("b", "r", "u", "br", "rb", "f", "fr", "rf", "t", "tr", "rt"))
_CLOSING = {")": "(", "]": "[", "}": "{"}
#: Symbols after which an operand of a lesson's lines may stand.
_BEFORE_OPERAND = frozenset(
    ("+", "-", "*", "//", "%", "|", "&", "^", "<<", ">>", "~", "=", ",", ":", "(", "[", "{")
)


class Token(Enum):
    """What a token is."""

    NAME = "name"
    VALUE = "value"  # a number or a string
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class LinePiece:
    """One token, and where it begins and ends. ``operand``: the index of the first token of the operand that ends with this one:
    ``s.accept()[0]`` ends with its last bracket."""

    kind: Token
    text: str
    start: int
    end: int
    operand: int

    @property
    def ends_operand(self) -> bool:
        """Whether it can be the end of something that a dot, a bracket or an operator follows."""
        return self.text in _CLOSING or (self.kind is not Token.SYMBOL and self.text != "not")


@dataclass(slots=True)
class Bracket:
    """An open one. ``at``: its index among the tokens; ``callee``: where it is a call's, the first and the last token of what is
    called; ``indexes``: it is a subscript's. ``commas``: the indices of the commas directly in it."""

    text: str
    at: int
    callee: tuple[int, int] | None = None
    indexes: bool = False
    commas: list[int] = field(default_factory=list)


@dataclass(slots=True)
class HalfLine:
    """The text before the cursor. ``text`` is all of it; ``typed`` what stands of a name right before the cursor, which is none
    of the tokens. ``assigned``: the index of the ``=`` behind the line's targets. ``string``: where the string begins in which
    the cursor stands. ``comment``: it stands in one. ``strange``: this is no line of a lesson, whatever follows."""

    text: str
    tokens: list[LinePiece]
    brackets: list[Bracket]
    typed: str = ""
    assigned: int | None = None
    string: int | None = None
    comment: bool = False
    strange: bool = False

    @property
    def start(self) -> int:
        """Where the name begins that is being typed."""
        return len(self.text) - len(self.typed)

    @property
    def last(self) -> str:
        """The token before what is being typed; empty at the line's beginning."""
        return self.tokens[-1].text if self.tokens else ""

    @property
    def wants_operand(self) -> bool:
        """Whether a value may begin here."""
        return not self.tokens or (
            not self.tokens[-1].ends_operand and (self.last in _BEFORE_OPERAND or self.last == "not")
        )

    def receiver(self) -> tuple[int, int] | None:
        """The first and the last token of what stands before the dot behind which the cursor is."""
        return (self.tokens[-2].operand, len(self.tokens) - 2) if self.last == "." else None

    def span(self, first: int, last: int) -> str:
        """The text from one token to another."""
        return self.text[self.tokens[first].start : self.tokens[last].end]


def read_half(line: str, cursor: int) -> HalfLine:
    """What stands before the cursor, which is taken into the line where it lies outside."""
    text = line[: max(min(cursor, len(line)), 0)]
    if len(line) > LONGEST_LINE or not text.replace("\t", " ").isprintable():
        return HalfLine(text, [], [], strange=True)
    half = HalfLine(text, [], [])
    at = 0
    while at < len(text) and not half.strange:
        at = _next(half, at)
    if half.string is None and not half.comment and half.tokens:
        last = half.tokens[-1]
        if last.kind is Token.NAME and last.end == len(text):
            half.typed = half.tokens.pop().text
    return half


def _next(half: HalfLine, at: int) -> int:
    """Takes one token; where the next begins."""
    text, tokens = half.text, half.tokens
    character = text[at]
    if character in " \t":
        return at + 1
    if character == "#":
        half.comment = True
        return len(text)
    if character in "\"'":
        return _string(half, at, at)
    operand_before = bool(tokens) and tokens[-1].ends_operand
    after_dot = bool(tokens) and tokens[-1].text == "."
    if match := _NAME.match(text, at):
        end = match.end()
        if end < len(text) and text[end] in "\"'" and match[0].lower() in _PREFIXES:
            return _string(half, at, end)
        half.strange = operand_before and match[0] != "not"
        operand = tokens[-2].operand if after_dot else len(tokens)
        tokens.append(LinePiece(Token.NAME, match[0], at, end, operand))
        return end
    if character.isdecimal() or (
        character == "." and not operand_before and text[at + 1 : at + 2].isdecimal()
    ):
        match = _NUMBER.match(text, at + (character == "."))
        assert match is not None
        half.strange = operand_before or after_dot
        tokens.append(LinePiece(Token.VALUE, text[at : match.end()], at, match.end(), len(tokens)))
        return match.end()
    symbol = _SYMBOL.match(text, at)
    if symbol is None:
        half.strange = True
        return len(text)
    _symbol(half, symbol[0], at)
    return symbol.end()


def _string(half: HalfLine, begin: int, quote_at: int) -> int:
    """Takes a string; where it is not closed the cursor stands in it."""
    text = half.text
    quote = text[quote_at] * (3 if text.startswith(text[quote_at] * 3, quote_at) else 1)
    at = quote_at + len(quote)
    while at < len(text):
        if text[at] == "\\" and "r" not in text[begin:quote_at].lower():
            at += 2
        elif text.startswith(quote, at):
            end = at + len(quote)
            half.tokens.append(LinePiece(Token.VALUE, text[begin:end], begin, end, len(half.tokens)))
            return end
        else:
            at += 1
    half.string = begin
    return len(text)


def _symbol(half: HalfLine, symbol: str, at: int) -> None:
    tokens, brackets = half.tokens, half.brackets
    index = operand = len(tokens)
    follows = bool(tokens) and tokens[-1].ends_operand
    match symbol:
        case "(" | "[" | "{":
            half.strange = follows and symbol == "{"
            called = follows and symbol == "("
            callee = (tokens[-1].operand, index - 1) if called else None
            brackets.append(Bracket(symbol, index, callee, follows and symbol == "["))
            half.strange = half.strange or len(brackets) > DEEPEST
        case ")" | "]" | "}":
            if not brackets or brackets[-1].text != _CLOSING[symbol]:
                half.strange = True
                return
            closed = brackets.pop()
            follows = closed.callee is not None or closed.indexes
            operand = tokens[closed.at - 1].operand if follows else closed.at
        case ",":
            if brackets:
                brackets[-1].commas.append(index)
        case ":":
            half.strange = not brackets or brackets[-1].text == "("
        case "=":
            if brackets:
                half.strange = brackets[-1].callee is None
            else:
                half.strange = half.assigned is not None
                half.assigned = index
        case ".":
            half.strange = not follows
        case _:
            half.strange = symbol not in _BEFORE_OPERAND  # a comparison, `**`, `+=`: none of a lesson's lines
    tokens.append(LinePiece(Token.SYMBOL, symbol, at, at + len(symbol), operand))
