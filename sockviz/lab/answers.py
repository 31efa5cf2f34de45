"""Answers that are waited for: whoever waits may have gone when one comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

_T = TypeVar("_T")


def may_go_unheard(answer: asyncio.Future[_T]) -> asyncio.Future[_T]:
    """`answer`; where it fails and nobody waits any more, asyncio does not complain on the user's terminal."""
    answer.add_done_callback(_is_heard)
    return answer


def _is_heard(answer: asyncio.Future[_T]) -> None:
    if not answer.cancelled():
        answer.exception()


def answer(asked: Iterable[asyncio.Future[None]]) -> None:
    """Tells all of them that it is done."""
    for each in asked:
        if not each.done():  # whoever asked may have been cancelled
            each.set_result(None)
