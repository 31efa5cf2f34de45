"""Waiting for what a lab has to say, no longer than until some instant."""

from __future__ import annotations

import asyncio
import time


async def news_by(news: asyncio.Event, end: float) -> bool:
    """Waits for `news`; False where there is none by `end` (time.monotonic)."""
    left = end - time.monotonic()
    if left <= 0:
        return False
    # As asyncio.timeout, which costs an exception more: a pump waits in vain most of the time.
    is_over = False

    def over() -> None:
        nonlocal is_over
        is_over = not news.is_set()
        news.set()

    timer = asyncio.get_running_loop().call_later(left, over)
    try:
        await news.wait()
    finally:
        timer.cancel()
    return not is_over
