"""Values as a person reads them, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from sockviz.language import _, ngettext
from sockviz.model import values
from sockviz.model.values import SocketValue, Value

#: So many characters of what came stand in a sentence: beside a picture, and where sentences are all that there is (64 bytes,
#: whatever they are). Of more a beginning is enough.
BRIEF, WHOLE = 32, 260


def show_data(data: bytes, widest: int) -> str:
    """Bytes that came: in so many characters, or as their beginning."""
    return show(data, widest if max(len(data), len(repr(data))) <= widest else BRIEF)


def show(value: Value, limit: int = 60, name_of: Callable[[SocketValue], str] | None = None) -> str:
    """`value` as `sockviz.model.values.show` writes it, with the size of what is too long in words."""
    return values.show(value, limit, name_of, _size_of_long)


def _size_of_long(length: int, unit: str, kept: int | None) -> str:
    amount = {
        "bytes": ngettext("{count} byte", "{count} bytes", length),
        "characters": ngettext("{count} character", "{count} characters", length),
        "items": ngettext("{count} item", "{count} items", length),
    }[unit].format(count=length)
    return amount if kept is None else _("{amount}, the first {kept} kept").format(amount=amount, kept=kept)
