"""Numbers in the width and the sign that C wants: what a call gives is an ``ssize_t``, what one is asked for a ``size_t``, and no
value is cut off unseen. A compiler that is asked to (``-Wconversion``) says where that is left to chance."""

from __future__ import annotations

from sockviz.calls.c.scope import CScope
from sockviz.pattern import pattern

_NAME = pattern(r"[A-Za-z_]\w*")
#: What has the type ``size_t`` as it is written, or goes into one as it is.
_SIZED = pattern(r"\(size_t\)(?:\w+|\([^()]*\))|sizeof \*?\w+|sizeof\([\w ]+\)|strlen\(\w+\)|\b\d+\b|[ +*-]")
#: Types that hold more than an ``int``.
_WIDE = frozenset((
    "long", "long long", "unsigned long", "unsigned long long", "unsigned int", "size_t", "ssize_t", "off_t", "rlim_t",
    "uint32_t", "int64_t", "uint64_t",
))  # fmt: skip


def as_size(scope: CScope, length: str) -> str:
    """A length as a ``size_t``, with a cast where it would be none."""
    rest = _SIZED.sub("", length)
    if all(scope.declared.get(name) == "size_t" for name in _NAME.findall(rest)) and not _NAME.sub("", rest):
        return length
    return cast("size_t", length)


def as_type(scope: CScope, ctype: str, number: str) -> str:
    """A number as a `ctype`: one that is written out is one already, and so is a variable of that type."""
    if number.isdecimal() or scope.declared.get(number) == ctype:
        return number
    return cast(ctype, number)


def cast(ctype: str, number: str) -> str:
    """``(type)number``."""
    return f"({ctype}){number if number.isidentifier() else f'({number})'}"


def is_wide(scope: CScope, number: str) -> bool:
    """Whether an expression may be more than an ``int`` holds: a variable in it has a wider type."""
    return any(scope.declared.get(name) in _WIDE for name in _NAME.findall(number))
