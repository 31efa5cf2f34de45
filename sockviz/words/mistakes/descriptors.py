"""Connections that a process has no more use for, and keeps; and a process that has no descriptor left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.model.call import RECEIVING, SENDING, Call
from sockviz.model.events import CallBlocked, CallEntered, CallReturned, Executed, ProcessEnded
from sockviz.model.index import inodes_in
from sockviz.model.moment import Moment
from sockviz.model.process import MAIN, Process
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.sleepers import SEVERAL
from sockviz.words.wording import call_as_made

#: What whoever has received the end of a connection may still do with it.
_USING = SENDING | {"sendfile", "shutdown"}
#: Calls by which a server goes on to others.
_GOING_ON = SEVERAL | {"accept"}
#: So many connections that are kept are told of: fewer may be about to be closed. And of one process so many are remembered.
_SEVERAL, _MOST = 3, 1024


@dataclass(slots=True)
class DescriptorMistakes:
    """Learns from events."""

    _waiting: dict[str, Call] = field(
        default_factory=dict
    )  # by process, the first that found no descriptor left
    #: By process, of the connections whose end it has received, and that it has done nothing with since, which task did.
    _ended: dict[str, dict[int, int]] = field(default_factory=dict)

    def after(self, moment: Moment) -> Iterator[Mistake]:
        """What an event shows."""
        match moment.event:
            case CallReturned(error=None) as event if event.process in self._ended or _is_nothing(event):
                call = moment.call(event.process, event.call)
                if call is not None:
                    self._returned(call)
                    if call.name == "accept":
                        yield from self._kept(call, moment.after)
            case CallReturned(error="EMFILE") as event:
                call = moment.call(event.process, event.call)
                if call is not None:
                    self._waiting.setdefault(event.process, call)
            case CallBlocked() as event:
                call = moment.call(event.process, event.call)
                if call is not None and call.name in _GOING_ON:
                    if event.process in self._ended:
                        yield from self._kept(call, moment.after)
                    yield from _copies_kept(event.process, moment.after)
            case CallEntered(name="close", arguments=(SocketValue(inode=inode), *_)) as event:
                self._ended.get(event.process, {}).pop(inode, None)
            case Executed() as event:
                self._ended.pop(event.process, None)
            case ProcessEnded() as event:
                self._ended.pop(event.process, None)
                yield from self._none_left(event.process, moment.before)

    def waits_for(self, process: str) -> bool:
        """Whether what a process does with its connections counts: it has received the end of one."""
        return process in self._ended

    def looked(self, world: World, host: str) -> Iterator[Mistake]:
        """What the kernel says of whoever found no descriptor left before it was looked at."""
        for name, call in list(self._waiting.items()):
            process = world.processes.get(name)
            if process is not None and process.host == host and (call.returned or 0.0) <= world.at:
                yield from self._none_left(name, world)

    def _returned(self, call: Call) -> None:
        held = call.receiver
        if held is None or held.type != "SOCK_STREAM":
            return
        ended = self._ended.setdefault(call.process, {})
        if call.name in RECEIVING and _data(call) == b"":
            asks = call.arguments[1] if len(call.arguments) > 1 else 0
            if isinstance(asks, int) and asks > 0 and len(ended) < _MOST and not acts.has(call, "MSG_PEEK"):
                ended[held.inode] = call.task
        elif call.name in _USING:
            ended.pop(held.inode, None)
        if not ended:
            del self._ended[call.process]

    def _kept(self, call: Call, world: World) -> Iterator[Mistake]:
        """What a task keeps that goes on to others: it, or a thread that has ended, has received the end."""
        process = world.processes.get(call.process)
        if process is None:
            return
        kept = [
            inode
            for inode, task in self._ended.get(call.process, {}).items()
            if (task == call.task or _has_ended(process, task)) and _is_over(inode, world)
        ]
        if len(kept) >= _SEVERAL:
            yield Mistake(
                "CLOSE-WAIT", (call.process,), call.process,
                _("{process} holds {count} connections in CLOSE-WAIT, and goes on to others").format(
                    process=call.process, count=len(kept)
                ),
                _("their peers have closed them, and recv has said so by 0 bytes, but nobody has called close"),
                _("close each connection once recv has returned 0 bytes, or descriptors run out (EMFILE)"),
            )  # fmt: skip

    def _none_left(self, name: str, world: World) -> Iterator[Mistake]:
        call, process = self._waiting.pop(name, None), world.processes.get(name)
        if call is None or process is None:
            return
        held = inodes_in(process.fds)
        left = sum(row.state is State.CLOSE_WAIT and row.inode in held for row in world.rows.values())
        yield Mistake(
            "EMFILE", (name,), name,
            _("{call} of {process} fails with EMFILE").format(call=call_as_made(call), process=name),
            _still_open(left, name) if left else _("it has as many descriptors open as its limit allows (RLIMIT_NOFILE)"),
            _("close each connection once recv has returned 0 bytes, and do not try again at once: nothing has changed then"),
        )  # fmt: skip


def _copies_kept(name: str, world: World) -> Iterator[Mistake]:
    """Connections that others served, whom a process has forked for them, and that it keeps itself: these have ended, and their
    clients have gone, too."""
    process = world.processes.get(name)
    if process is None:
        return
    over = [fd.inode for fd in process.fds if fd.is_socket and _is_over(fd.inode, world)]
    if len(over) < _SEVERAL:
        return
    served = {
        call.receiver.inode
        for other in world.processes.values()
        if other.parent == name and not other.alive
        for call in other.calls
        if call.receiver is not None and call.name in RECEIVING | _USING
    }
    used = {
        call.receiver.inode
        for call in process.calls
        if call.receiver is not None and call.name in RECEIVING | _USING
    }
    kept = [inode for inode in over if inode in served and inode not in used]
    if len(kept) >= _SEVERAL:
        yield Mistake(
            "CLOSE-WAIT", (name,), name,
            _("{process} holds {count} connections in CLOSE-WAIT, and goes on to others").format(process=name, count=len(kept)),
            _("it has forked processes that served them, and these have ended: its own copies of the descriptors are still open"),
            _("close each connection in the parent right after fork: the FIN goes out only once nobody has it any more"),
        )  # fmt: skip


def _still_open(count: int, process: str) -> str:
    return ngettext(
        "when last looked, {count} of its connections was in CLOSE-WAIT: its peer has closed it, and {process} has not",
        "when last looked, {count} of its connections were in CLOSE-WAIT: their peers have closed them, and {process} has not",
        count,
    ).format(count=count, process=process)


def _is_nothing(event: CallReturned) -> bool:
    return event.value == b"" or (isinstance(event.value, tuple) and event.value[:1] == (b"",))


def _data(call: Call) -> object:
    return call.value[0] if isinstance(call.value, tuple) and call.value else call.value


def _has_ended(process: Process, task: int) -> bool:
    return task != MAIN and task not in process.living


def _is_over(inode: int, world: World) -> bool:
    """Whether the kernel was seen to have it in CLOSE-WAIT, and nobody to have the other end any more."""
    row = world.row_of(inode)
    peer = world.peer_row(row) if row is not None and row.state is State.CLOSE_WAIT else None
    return peer is not None and not peer.inode
