"""Descriptors that SCM_RIGHTS passes along in a message: a socket lives on in it while nobody has taken it out."""

from __future__ import annotations

from enum import Enum

from sockviz.model.call import RECEIVING, Call
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.paths import taker
from sockviz.words.rights import rights_in, rights_passed


class Passage(Enum):
    """Where a descriptor is that was passed along."""

    NONE = "none"  # it never was
    ON_ITS_WAY = "on its way"  # in a message that nobody has received
    UNKNOWN = "unknown"  # something was received since: it may have been taken, or thrown away


def passage(world: World, process: str, fd: int, before: float) -> tuple[Passage, int]:
    """Where descriptor `fd` of a process is that it closes at `before`, and the inode of the socket in whose receive queue it
    would be, 0 where that is not known."""
    sent = acts.last(
        call
        for call in acts.over(world, "sendmsg")
        if call.process == process and (call.returned or 0.0) <= before and fd in rights_passed(call)
    )
    if sent is None:
        return Passage.NONE, 0
    at = sent.returned or 0.0
    if any(
        call.process == process
        and call.receiver is not None
        and call.receiver.fd == fd
        and at < (call.returned or 0.0) < before
        for call in acts.over(world, "close")
    ):
        return Passage.NONE, 0  # the number has been another socket's since
    to = taker(world, sent)
    if to is None:
        return Passage.UNKNOWN, 0
    taken = any(
        (call.returned or 0.0) > at and not acts.has(call, "MSG_PEEK")
        for call in acts.on(world, to, *RECEIVING)
    )
    return (Passage.UNKNOWN, to) if taken or not whose.holders(world, to) else (Passage.ON_ITS_WAY, to)


def is_on_its_way(world: World, inode: int) -> bool:
    """Whether a socket that no process has any more lives on in a message that passes it along."""
    return bool(message_with(world, inode))


def message_with(world: World, inode: int) -> int:
    """The inode of the socket at which the message waits that alone has the socket; 0 where it is not so."""
    if whose.holders(world, inode):
        return 0
    closed = acts.last(acts.on(world, inode, "close"))
    if closed is None or closed.receiver is None:
        return 0
    where, to = passage(world, closed.process, closed.receiver.fd, closed.returned or world.at)
    return to if where is Passage.ON_ITS_WAY else 0


def carried(world: World, inode: int) -> int:
    """How many descriptors are in the messages that wait at a UNIX socket: those of which nothing was received there since."""
    newest = acts.last(call for call in acts.on(world, inode, *RECEIVING) if not acts.has(call, "MSG_PEEK"))
    since = newest.returned or 0.0 if newest is not None else 0.0
    return sum(
        len(rights_passed(call))
        for call in acts.over(world, "sendmsg")
        if (call.returned or 0.0) > since and rights_passed(call) and taker(world, call) == inode
    )


def giver_of(world: World, process: str, fd: int) -> str:
    """The process that passed along what descriptor `fd` of `process` stands for; empty where it came in no message."""
    it = world.processes.get(process)
    if it is None or "recvmsg" not in it.latest:
        return ""
    brought = acts.last(
        call
        for call in acts.over(world, "recvmsg")
        if call.process == process and call.receiver is not None and fd in _brought_by(call)
    )
    if brought is None or brought.receiver is None or _is_closed_since(world, process, fd, brought):
        return ""
    sent = acts.last(
        call
        for call in acts.over(world, "sendmsg")
        if rights_passed(call)
        and (call.returned or 0.0) <= (brought.returned or 0.0)
        and taker(world, call) == brought.receiver.inode
    )
    return sent.process if sent is not None else ""


def _brought_by(call: Call) -> list[int]:
    match call.value:
        case (bytes(), list(beside), int(), _):
            return rights_in(beside)
    return []


def _is_closed_since(world: World, process: str, fd: int, since: Call) -> bool:
    return any(
        call.process == process
        and fd in (call.receiver.fd if call.receiver is not None else None, *call.arguments[:1])
        and (call.returned or 0.0) > (since.returned or 0.0)
        for call in acts.over(world, "close")
    )
