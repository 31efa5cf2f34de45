"""Steps that only wait for the kernel: each in a thread of its own, so that they wait together. Standard library only."""

from __future__ import annotations

import threading
from collections.abc import Callable


def begin(step: Callable[[], None]) -> Callable[[], None]:
    """Begins a step that may raise OSError. What is returned waits for its end, and raises what it did."""
    failures: list[OSError] = []

    def take() -> None:
        try:
            step()
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=take)
    try:
        thread.start()
    except RuntimeError:  # EAGAIN: this user has all the tasks that there may be
        take()

    def end() -> None:
        if thread.ident is not None:
            thread.join()
        for failure in failures:
            raise failure

    return end
