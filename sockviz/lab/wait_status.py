"""How a process ended, by what wait says of it. Standard library only: a lab's own processes ask, too."""

from __future__ import annotations

import os
import signal


def signal_name(number: int) -> str:
    """``SIGKILL``; most real-time signals have no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def ending(status: int) -> tuple[int | None, str | None]:
    """Exit status and signal of a wait status: one of them."""
    code = os.waitstatus_to_exitcode(status)
    return (code, None) if code >= 0 else (None, signal_name(-code))
