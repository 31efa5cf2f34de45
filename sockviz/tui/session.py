"""Running the application so that the terminal and the labs are put in order however it ends."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from typing import Any

from sockviz import crash
from sockviz.tui.app import SockvizApp
from sockviz.tui.look import no_screen

#: Signals that end a program whose terminal must be restored first.
_ENDINGS = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))


def run(app: SockvizApp) -> int:
    """Runs `app` to its end. Returns the exit status: 0, 1 after a fault, 2 without a screen, 128 + N after signal N.

    What a person should know is printed once the terminal is theirs again: what the kernel still keeps to standard
    output, anything wrong to standard error.
    """
    why = no_screen(os.environ, sys.stdin.isatty(), sys.stdout.isatty())
    if why:
        print(f"sockviz: {why}", file=sys.stderr)
        return 2
    # Modules and a recording stay to the end. The collector need not walk through them: with 1,000 clients that would
    # stop the screen for a third of a second.
    gc.freeze()
    gc.enable()
    status = asyncio.run(_perform(app))
    for line in app.left:
        print(line)
    if app.store.message:
        print(app.store.message, file=sys.stderr)
    if app.fault:
        print(app.fault, file=sys.stderr)
        return 1
    return status


async def _perform(app: SockvizApp) -> int:
    loop = asyncio.get_running_loop()
    ended: list[int] = []

    def end(number: int) -> None:
        ended.append(number)
        app.exit(128 + number)

    def fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        app.fault = app.fault or crash.save(error if error else RuntimeError(context.get("message", "")))
        app.exit(1)

    loop.set_exception_handler(fault)
    for number in _ENDINGS:
        loop.add_signal_handler(number, end, number)
    try:
        result = await app.run_async()
    finally:
        await app.close_runs()
        for number in _ENDINGS:
            loop.remove_signal_handler(number)
    if ended:
        return 128 + ended[0]
    return result if result is not None else app.return_code or 0
