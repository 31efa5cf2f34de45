"""A library's dataclasses, made as ours are: nothing of them before it is asked for."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

from sockviz.dataclass import KINDS, dataclass, standard

_ours: Any = dataclass


def _of_a_library(cls: Any = None, /, **how: bool) -> Any:
    if not how.keys() <= KINDS:
        return standard(cls, **how)
    return _ours(**how) if cls is None else _ours(**how)(cls)


@contextlib.contextmanager
def made_when_used() -> Iterator[None]:
    """A library that is imported in it has its dataclasses made as ours are."""
    dataclasses.dataclass = _of_a_library
    try:
        yield
    finally:
        dataclasses.dataclass = standard
