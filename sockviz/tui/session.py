"""Running the application so that the terminal and the labs are put in order however it ends."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from sockviz import crash, door, memory, signals, terminal
from sockviz.tui.app import SockvizApp


def run(app: SockvizApp) -> int:
    """Runs `app` to its end. Returns the exit status: 0, 1 after a fault, 128 + N after signal N.

    What a person should know is printed once the terminal is theirs again: what the kernel still keeps to standard
    output, anything wrong to standard error. In a browser standard output is the server's, and all goes to standard error.
    """
    if app.options.lesson is None:
        memory.collect_garbage()  # else once that is opened
    status = asyncio.run(_perform(app))
    app.store.save_rest()
    for line in app.left:
        (door.err() if app.is_web else door.out()).say(line)
    if app.store.message:
        door.err().say(app.store.message)
    if app.fault:
        door.err().say(app.fault)
        return 1
    return status


async def _perform(app: SockvizApp) -> int:
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.call_soon_threadsafe(app.exit)

    def fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        app.fault = app.fault or crash.save(error if error else RuntimeError(context.get("message", "")))
        app.exit(1)

    loop.set_exception_handler(fault)
    with signals.answered_by(end), terminal.watched(_window_closed):
        try:
            result = await app.run_async(mouse=app.options.mouse)
        finally:
            await app.close_runs()
    return signals.status(result or 0)


def _window_closed() -> None:
    signals.receive(getattr(signal, "SIGHUP", signal.SIGTERM))
