"""Running the application so that the terminal and the labs are put in order however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from sockviz import crash, door
from sockviz.tui.app import SockvizApp
from sockviz.tui.look import no_screen

#: Signals that end a program whose terminal must be restored first.
_ENDINGS = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
#: Seconds that the end may take after such a signal. A terminal that takes nothing more (Ctrl-S, a window that is gone) holds up
#: whoever writes to it, the event loop included: then the end does not wait for it.
_PATIENCE = 3.0


def run(app: SockvizApp) -> int:
    """Runs `app` to its end. Returns the exit status: 0, 1 after a fault, 2 without a screen, 128 + N after signal N.

    What a person should know is printed once the terminal is theirs again: what the kernel still keeps to standard
    output, anything wrong to standard error.
    """
    why = no_screen(os.environ, sys.stdin.isatty(), door.out().isatty())
    if why:
        door.complain(why)
        return 2
    # Modules and a recording stay to the end. The collector need not walk through them: with 1,000 clients that would
    # stop the screen for a third of a second.
    gc.freeze()
    gc.enable()
    status = asyncio.run(_perform(app))
    for line in app.left:
        door.out().say(line)
    if app.store.message:
        door.err().say(app.store.message)
    if app.fault:
        door.err().say(app.fault)
        return 1
    return status


async def _perform(app: SockvizApp) -> int:
    loop = asyncio.get_running_loop()
    ended: list[int] = []
    forced: list[threading.Timer] = []
    modes = _terminal_modes()

    def end(number: int, _: FrameType | None) -> None:
        if not ended:
            forced.append(threading.Timer(_PATIENCE, _leave, (128 + number, modes)))
            forced[0].daemon = True
            forced[0].start()
        ended.append(number)
        loop.call_soon_threadsafe(app.exit, 128 + number)

    def fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        app.fault = app.fault or crash.save(error if error else RuntimeError(context.get("message", "")))
        app.exit(1)

    loop.set_exception_handler(fault)
    # Not the loop's own handlers: those wait for their turn on a loop that may itself be waiting for the terminal.
    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        result = await app.run_async()
    finally:
        await app.close_runs()
        for number, handler in before.items():
            signal.signal(number, handler)
        for timer in forced:
            timer.cancel()
    if ended:
        return 128 + ended[0]
    return result if result is not None else app.return_code or 0


def _terminal_modes() -> list[Any] | None:
    """The line modes of the terminal (termios) before anything changes them; None where there are none."""
    try:
        import termios
    except ImportError:  # not on Windows
        return None
    try:
        return termios.tcgetattr(sys.stdin.fileno())
    except (OSError, termios.error):
        return None


def _leave(status: int, modes: list[Any] | None) -> None:
    """Ends the process at once, from a thread of its own. The kernel ends the lab with it (`sockviz.lab.init`)."""
    if modes is not None:
        import termios

        with contextlib.suppress(OSError, termios.error):  # the terminal has gone
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, modes)
    with contextlib.suppress(ImportError):  # no labs on this system
        from sockviz.lab.directory import remove_mine

        remove_mine()
    os._exit(status)
