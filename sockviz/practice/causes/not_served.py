"""A client that nobody lets in, for the program waits for somebody else; and one that ran out of what it never gave back."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import Call, Stage
from sockviz.model.process import Process
from sockviz.practice.causes.case import Advice, Case

#: Calls in which a program is woken by whoever comes.
_WOKEN = frozenset({"accept", "poll", "select", "epoll_wait"})


def not_accepted(case: Case) -> Advice | None:
    """That the connection of who waits for bytes is in the accept queue of a program that sleeps, all of it, elsewhere."""
    for peer in case.others:
        call = peer.current
        row = (
            case.world.row_of(call.receiver.inode)
            if call is not None and call.stage is Stage.ASLEEP and call.receiver is not None
            else None
        )
        theirs = case.world.peer_row(row) if row is not None else None
        listener = case.world.listener_of(theirs) if theirs is not None and not theirs.inode else None
        if listener is None:
            continue
        for process in case.programs:
            if not process.alive or not any(entry.inode == listener.inode for entry in process.fds):
                continue
            waiting = [each for each in process.under_way if each.stage is Stage.ASLEEP]
            if not any(each.name in _WOKEN for each in waiting):
                return _kept_waiting(case, peer.name, process, waiting)
    return None


def _kept_waiting(case: Case, peer: str, process: Process, waiting: list[Call]) -> Advice:
    told = (
        _("the connection of {peer} waits in the accept queue of {server}, which sleeps in {call}, and calls no accept")
        if waiting
        else _("the connection of {peer} waits in the accept queue of {server}, which calls no accept")
    )  # fmt: skip
    following = (
        _(
            "go on to the next accept while others are served: whoever waits for a thread or a child that serves one (join, "
            "wait) serves one at a time"
        )
        if process.living
        else _(
            "whoever serves several must not sleep for one: accept when the listener is readable, or serve each in a thread"
        )
    )
    call = case.made(waiting[0]) if waiting else ""
    return Advice(told.format(peer=peer, server=process.name, call=call), following)


def shut_and_open(case: Case) -> Advice | None:
    """That it has run out of descriptors, and has ended connections by shutdown alone."""
    for process in case.programs:
        last = next((call for call in reversed(process.calls) if call.error == "EMFILE"), None)
        if last is None:
            continue
        closed = {inode for inode, call in _by_inode(process, "close") if call.entered < last.entered}
        shut = {inode: call for inode, call in _by_inode(process, "shutdown") if inode not in closed}
        if len(shut) > 1:
            cause = _(
                "{call} of {process} failed with EMFILE: {count} connections were ended by shutdown, the first by {shut}, and "
                "their descriptors never closed"
            )
            return Advice(
                cause.format(
                    call=case.made(last), process=process.name, count=len(shut),
                    shut=case.made(next(iter(shut.values()))),
                ),
                _("close each of them, too: shutdown ends a connection, and close alone gives its descriptor back"),
            )  # fmt: skip
    return None


def _by_inode(process: Process, name: str) -> Iterator[tuple[int, Call]]:
    for call in process.calls:
        if call.name == name and call.receiver is not None and call.error is None:
            yield call.receiver.inode, call
