"""Sockets that a program has no more use for, and keeps open: which call made one, and what has become of it."""

from __future__ import annotations

import ast

from sockviz.language import _
from sockviz.lesson.expressions import ROWS
from sockviz.model.call import CONNECTING, Call
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry
from sockviz.model.values import sockets_in
from sockviz.practice.causes.case import Advice, Case

#: What an expectation asks of the descriptors that a program has.
_COUNTED = ("connections", "sockets", "fds")
_MAKING = frozenset({"socket", "accept", "socketpair"})


def refused_and_open(case: Case) -> Advice | None:
    """Where the expectation counts descriptors, one whose connect has failed: in whatever order several were tried."""
    if not case.asks_for(*_COUNTED):
        return None
    is_one = any(
        process.alive and entry.is_socket and _refused(process, entry) is not None
        for process in case.programs
        for entry in process.fds
    )
    return left_open(case) if is_one else None


def left_open(case: Case) -> Advice | None:
    """Where the expectation counts descriptors, or the kernel's rows: the first that is of no more use, or else the first."""
    if not case.asks_for(*_COUNTED) and not any(
        isinstance(each, ast.Name) and each.id == ROWS for each in case.nodes
    ):
        return None
    found = [
        (_worth(case, process, entry), process, entry)
        for process in case.programs
        if process.alive
        for entry in process.fds
        if entry.is_socket and not _listens(case, entry)
    ]
    if not found:
        return None
    worth, process, entry = max(found, key=lambda each: each[0])
    made = next(
        (
            call
            for call in reversed(process.calls)
            if call.name in _MAKING and any(held.inode == entry.inode for held in sockets_in(call.value))
        ),
        None,
    )
    what = _("descriptor {fd} of {process}").format(fd=entry.fd, process=process.name)
    if made is not None:
        what = _("descriptor {fd} of {process}, from {call},").format(
            fd=entry.fd, process=process.name, call=case.made(made)
        )
    failed = _refused(process, entry)
    if failed is not None:
        cause = _("{what} is still open, though {connect} has failed with {error}").format(
            what=what, connect=case.made(failed), error=failed.error
        )
    elif worth:
        cause = _("{what} is still open, though nobody is at the other end any more").format(what=what)
    else:
        cause = _("{what} is still open").format(what=what)
    return Advice(
        cause,
        _(
            "close each socket once it is of no more use: at the end of its stream, and where a call on it has failed"
        ),
    )


def _listens(case: Case, entry: FdEntry) -> bool:
    row = case.world.row_of(entry.inode)
    return row is not None and row.is_listening


def _refused(process: Process, entry: FdEntry) -> Call | None:
    return next(
        (
            call
            for call in reversed(process.calls)
            if call.name in CONNECTING and call.receiver is not None and call.receiver.inode == entry.inode
            and call.error not in (None, "EINPROGRESS", "EALREADY")
        ),
        None,
    )  # fmt: skip


def _worth(case: Case, process: Process, entry: FdEntry) -> int:
    """2 of one whose connect has failed, 1 of one whose peer has gone."""
    if _refused(process, entry) is not None:
        return 2
    row = case.world.row_of(entry.inode)
    other = case.world.peer_row(row) if row is not None else None
    return int(row is None or other is None or not other.inode)
