"""Whole-number arithmetic where C's is another than Python's: C's quotient is cut towards 0, Python's goes down, and their
remainders with them (C11 6.5.5)."""

from __future__ import annotations

from collections.abc import Collection

from sockviz.model.values import Json


def rounded(tree: Json, operands: tuple[str, str], below_zero: Collection[str]) -> str | None:
    """Python's quotient or remainder as C has it, of `operands` that are written already; None of any other operation. What
    may be less than 0 is told by its signs and by the names in `below_zero`: what calls give, descriptors and sizes, is not."""
    match tree:
        case ["binary", "//" | "%" as operator, left, right]:
            a, b = literal(left), literal(right)
            if a is not None and b and a % b and (a < 0) != (b < 0):
                return str(a // b if operator == "//" else a % b)
            one, other = operands
            if (a is None or b is None) and (is_below(left, below_zero) or is_below(right, below_zero)):
                remainder = f"({one} % {other} + {other}) % {other}"
                return remainder if operator == "%" else f"({one} - {remainder}) / {other}"
            return f"{one} {'/' if operator == '//' else operator} {other}"
    return None


def is_below(tree: Json, below_zero: Collection[str]) -> bool:
    """Whether a number may be less than 0."""
    match tree:
        case ["value", int(number)]:
            return number < 0
        case ["name", str(name)]:
            return name in below_zero
        case ["unary", "-", _] | ["unary", "~", _] | ["binary", "-", _, _]:
            return literal(tree) is None or is_below(["value", literal(tree)], below_zero)
        case ["unary", _, inner]:
            return is_below(inner, below_zero)
        case ["binary", "%", _, right]:
            return is_below(right, below_zero)
        case ["binary", _, left, right]:
            return is_below(left, below_zero) or is_below(right, below_zero)
    return False


def literal(tree: Json) -> int | None:
    """The number that a literal is, or one with signs before it."""
    match tree:
        case ["value", int(number)]:
            return number
        case ["unary", "-", inner] if (bare := literal(inner)) is not None:
            return -bare
        case ["unary", "+", inner]:
            return literal(inner)
    return None
