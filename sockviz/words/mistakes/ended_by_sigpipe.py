"""A program that SIGPIPE has ended: it sent where nobody receives any more."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import SENDING, Call
from sockviz.model.events import ProcessEnded
from sockviz.model.linux.sockets import MESSAGE_FLAGS
from sockviz.model.process import Process
from sockviz.model.world import World
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import call_as_made

#: Calls that a signal may be sent for, and have no flags to do without it.
_WRITING = frozenset({"write", "writev", "pwritev", "sendfile"})


def after(event: ProcessEnded, before: World) -> Iterator[Mistake]:
    """What a signal that ended a process was about. The call that failed has returned before it was delivered."""
    process = before.processes.get(event.process)
    call = _broken(process) if process is not None and event.signal == "SIGPIPE" else None
    if call is None:
        return
    yield Mistake(
        "SIGPIPE", (event.process,), event.process,
        _("{process} is ended by SIGPIPE in {call}").format(process=event.process, call=call_as_made(call)),
        _("the connection takes no more: its other end is closed, or this one was shut down"),
        _("send with MSG_NOSIGNAL, or ignore SIGPIPE: then send fails with EPIPE, and the program goes on"),
    )  # fmt: skip


def _broken(process: Process) -> Call | None:
    """The call that it was sent for: the last that came back, with EPIPE. A pipe that is printed to may break, too, and that may
    be what a signal is for after a send that asked for none."""
    call = process.last
    if call is None or call.receiver is None or call.error != "EPIPE":
        return None
    if call.name in _WRITING:
        return call
    return call if call.name in SENDING and not _asks_for_none(call) else None


def _asks_for_none(call: Call) -> bool:
    return any(
        isinstance(value, int) and value & MESSAGE_FLAGS["MSG_NOSIGNAL"] for value in call.arguments[2:]
    )
