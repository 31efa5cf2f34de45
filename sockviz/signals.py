"""Signals: how sockviz ends when it is told to, from its first instruction to its last. No other module has handlers for them.

`begin` is the first thing that the program does; so nothing is imported here that takes long. From then on SIGINT, SIGTERM,
SIGHUP and SIGQUIT end sockviz in one of two ways. Where nothing is under way, at once: what was registered by `at_the_end` is
put away, and the exit status is 128 + N. Where a front end runs (`answered_by`), as that front end ends; it has `PATIENCE` for
it, and then it is ended at once too. The first signal counts; those that follow change nothing.

A signal that was ignored when sockviz was started stays ignored, as POSIX wants it of programs: ``nohup`` has SIGHUP ignored,
and a shell without job control SIGINT and SIGQUIT of what it starts with ``&``. They are somebody's wish, and nothing here
waits for any of them.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself takes longer than all of this
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

#: What ends a program, where the system has it.
ENDINGS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)
#: Seconds that a front end may take to end. A terminal that takes nothing more (Ctrl-S, a window that is gone) holds up whoever
#: writes to it, the event loop included: then the end does not wait for it.
PATIENCE = 2.0


class _Ending:
    """The one thing here that changes."""

    pid = os.getpid()  # a forked child is not sockviz: it has nothing to put away
    received: int | None = None
    answer: Callable[[], object] | None = None
    alarm: int | None = None  # a pipe: written to, has the process ended after `PATIENCE`
    put_away: tuple[Callable[[], object], ...] = ()


def begin() -> None:
    """Has the signals that end a program end this one in order, except those that it was started to ignore."""
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, receive)


def begin_forked() -> None:
    """In a process forked from one that has called `begin`: it is sockviz too, with nothing of its own to put away yet."""
    _Ending.pid, _Ending.put_away = os.getpid(), ()
    begin()


def receive(number: int, _: FrameType | None = None) -> None:
    """Ends sockviz as `number` asks for. Called by the kernel; from any thread by who learns what no signal has told."""
    if os.getpid() != _Ending.pid:  # forked, and not yet another program
        os._exit(128 + number)
    if _Ending.received is not None:
        return
    _Ending.received = number
    if _Ending.answer is None:
        leave(number)
    if _Ending.alarm is not None:
        os.write(_Ending.alarm, bytes([number]))
    _Ending.answer()


class answered_by:  # noqa: N801  # as contextlib's are
    """While inside, a signal has `answer` called, which waits for nothing and leads out of here within `PATIENCE`.

    For the main thread. Where `begin` has not been called (in a test), the handlers are there only inside.
    """

    def __init__(self, answer: Callable[[], object]) -> None:
        self._answer = answer

    def __enter__(self) -> None:
        self._before = {number: signal.getsignal(number) for number in ENDINGS}
        if _Ending.alarm is None:
            _Ending.alarm = _set_alarm()
        _Ending.answer = self._answer
        begin()

    def __exit__(self, *_: object) -> None:
        _Ending.answer = None
        for number, handler in self._before.items():
            if handler is not None:
                signal.signal(number, handler)


def _set_alarm() -> int:
    """A thread that waits for a signal's number on a pipe, and leaves `PATIENCE` later. Started beforehand: starting one takes
    locks, which a handler must not."""
    import _thread
    import time

    given, alarm = os.pipe()

    def watch() -> None:
        number = os.read(given, 1)[0]
        time.sleep(PATIENCE)
        leave(number)

    _thread.start_new_thread(watch, ())
    return alarm


def at_the_end(put_away: Callable[[], object]) -> None:
    """Has `put_away` called when the process ends, whether by itself or by a signal; once, if registered twice.

    By a signal it is called on any thread and between any two instructions: it must wait for nothing, a lock included.
    """
    if put_away in _Ending.put_away:
        return
    if not _Ending.put_away:
        import atexit

        atexit.register(_put_away)
    _Ending.put_away = (*_Ending.put_away, put_away)


def status(otherwise: int) -> int:
    """The exit status: 128 + N where a signal has ended what was under way, else `otherwise`."""
    return otherwise if _Ending.received is None else 128 + _Ending.received


def leave(number: int) -> NoReturn:
    """Ends the process at once, with everything put away. The kernel ends a lab with it (`sockviz.lab.init`)."""
    _put_away()
    os._exit(128 + number)


def _put_away() -> None:
    if os.getpid() != _Ending.pid:
        return
    for put_away in reversed(_Ending.put_away):
        try:
            put_away()
        except Exception:  # the next is put away all the same; nobody is left to hear of it
            continue
