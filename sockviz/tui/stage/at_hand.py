"""The line that is performed next, the one that was performed last, and the sockets that they name."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.model.events import StatementBegun
from sockviz.model.process import Process
from sockviz.model.script_text import PROGRAMS
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.pattern import pattern
from sockviz.tui.remembered import remembered_by
from sockviz.tui.stage.listing import statement_at
from sockviz.tui.view import View


def is_program(view: View, name: str) -> bool:
    """Whether a process is a program of the user's own: no line of the script is its."""
    if view.script.kind == PROGRAMS:
        return True
    process = view.world.processes.get(name)
    return process is not None and bool(process.command)


def _decides(view: View) -> tuple[object, ...]:
    return view.timeline, len(view.timeline), view.cursor, view.next


@remembered_by(4, _decides)
def next_line(view: View) -> int | None:
    """The line of the lesson that is performed next: what the past did next, in review. None of programs, which have none."""
    if view.script.kind == PROGRAMS:
        return None
    events = view.timeline.events
    for index in range(view.cursor, len(events)):
        event = events[index]
        if isinstance(event, StatementBegun):
            return event.line
    return view.next.statement.line if view.next.statement is not None else None


def is_at_work(view: View, name: str) -> bool:
    """Whether a line of the process's is next, or was begun last of all, or a call of it has just failed."""
    coming = statement_at(view.script, next_line(view))
    last = max(view.world.begun.values(), key=lambda line: view.world.lines[line].begun, default=None)
    is_called = (coming is not None and coming.process == name) or view.world.begun.get(name) == last
    return is_called or has_just_failed(view, name)


def has_just_failed(view: View, name: str) -> bool:
    """Whether a call of the process's has come back with an error in the last step, whoever's line that was."""
    process, before = view.world.processes.get(name), view.before.processes.get(name)
    last = process.last if process is not None else None
    return last is not None and last.error is not None and (before is None or before.last is not last)


def sockets_at_hand(view: View, process: Process) -> frozenset[int]:
    """The inodes of the sockets that the next line uses, where it is `process`'s; and of those with which its last one has
    failed, which is what is looked at then."""
    coming = _sockets(_used(view, process, next_line(view)))
    return coming | sockets_just_used(view, process) if _has_failed(view, process) else coming


def sockets_just_used(view: View, process: Process) -> frozenset[int]:
    """The inodes of the sockets that the last line used, where it is `process`'s and of this page: what it says of them has just
    been read, or has failed."""
    begun = view.world.begun.get(process.name)
    last = max(view.world.begun.values(), key=lambda line: view.world.lines[line].begun, default=None)
    if begun is None or begun != last or begun < view.page.line:
        return frozenset()
    return _sockets(_used(view, process, begun))


def _sockets(held: Sequence[Value | None]) -> frozenset[int]:
    return frozenset(each.inode for each in held if isinstance(each, SocketValue) and each.inode)


def failed_at(view: View, process: Process) -> int | None:
    """The descriptor with whose number `process`'s last line has failed, whatever there is behind it by then."""
    last = process.last
    return (
        last.receiver.fd
        if last is not None and last.receiver is not None and _has_failed(view, process)
        else None
    )


def _has_failed(view: View, process: Process) -> bool:
    last = process.last
    return last is not None and last.error is not None and last.line == view.world.begun.get(process.name)


def lists_at_hand(view: View, process: Process) -> frozenset[int]:
    """The descriptors of the epoll instances that `process`'s next line uses, or the line that it has performed last."""
    held = [*_used(view, process, next_line(view)), *_used(view, process, view.world.begun.get(process.name))]
    found = [each.text for each in held if isinstance(each, ObjectValue) and each.kind == "epoll"]
    return frozenset(int(text) for text in found if _NUMBER.fullmatch(text))


#: What an epoll instance is called: its descriptor. A recording may call it anything.
_NUMBER = pattern("[0-9]{1,9}")


def _used(view: View, process: Process, number: int | None) -> list[Value]:
    """What the names of a line stand for, where it is `process`'s."""
    line = statement_at(view.script, number)
    if line is None or line.process != process.name:
        return []
    return [process.names.get(name) for name in line.kinds]
