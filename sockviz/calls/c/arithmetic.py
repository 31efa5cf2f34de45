"""Whole-number arithmetic where C's is another than Python's: C's quotient is cut towards 0, Python's goes down, and their
remainders with them (C11 6.5.5)."""

from __future__ import annotations

from sockviz.model.values import Json


def rounded_otherwise(tree: Json) -> str | None:
    """What Python makes of a quotient or a remainder of literals, where C would make another number of it. Of what is not known
    before it runs the sign is not: what calls give, descriptors and sizes, is not negative."""
    match tree:
        case ["binary", "//" | "%" as operator, left, right]:
            a, b = literal(left), literal(right)
            if a is not None and b and a % b and (a < 0) != (b < 0):
                return str(a // b if operator == "//" else a % b)
    return None


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
