"""Regular expressions that are compiled when they are first used: a start comes past two hundred of them, and uses few."""

from __future__ import annotations

import contextlib
import re

TYPE_CHECKING = False  # not typing's: a lab's processes do without
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, AnyStr


_compile = re.compile


class _Pattern:
    """Stands for the compiled one, which it asks for each of its methods once."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        asked = getattr(_compile(self._text, self._flags), name)  # which re itself remembers
        setattr(self, name, asked)
        return asked


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, for a constant of a module. It has all its methods, and is none to be handed to `re`."""
    made: Any = _Pattern(text, flags)
    asked_for: re.Pattern[AnyStr] = made
    return asked_for


@contextlib.contextmanager
def compiled_when_used() -> Iterator[None]:
    """A library that is imported in it has its constants compiled as `pattern` does. For one that asks them for their methods
    only: Markdown's, of whose hundred a lesson needs a few."""
    re.compile = pattern  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = _compile
