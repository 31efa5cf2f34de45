"""Whom a student's program left without an answer when it was told to end, or that it did not end."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Set

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Stage
from sockviz.model.events import Signalled
from sockviz.model.known import KnownSocket
from sockviz.model.process import Process
from sockviz.model.segments import endpoint
from sockviz.model.timeline import Timeline
from sockviz.model.values import Address
from sockviz.model.world import World
from sockviz.practice.causes.flows import WRITES
from sockviz.words.mistakes.sleepers import wait_of
from sockviz.words.wording import call_as_made

#: Signals by which somebody asks a program to end.
_ASKS = frozenset({"SIGTERM", "SIGINT", "SIGHUP"})
_WAITS = ("select", "poll", "epoll_wait")


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What happened, and what can be done about it."""

    cause: str
    next: str


def left_behind(timeline: Timeline, at: int, own: Set[str]) -> LeftBehind | None:
    """Of the programs' processes (`own`) that a signal has asked to end by the event `at`, of the last one: its first client that
    got no answer, or that it sleeps on and waits for the next."""
    asked = next(
        (
            (number, event)
            for number, event in reversed(list(enumerate(timeline.events[:at])))
            if isinstance(event, Signalled) and event.process in own and event.signal in _ASKS
        ),
        None,
    )
    if asked is None:
        return None
    number, signalled = asked
    before, after = timeline.world_at(number), timeline.world_at(at)
    process = after.processes[signalled.process]
    if process.signal == signalled.signal:
        return LeftBehind(
            _("{signal} ends a program that has said nothing else").format(signal=signalled.signal),
            _("have a handler for it (sigaction(2), signal.signal in Python), or block it and ask for it (signalfd(2))"),
        )  # fmt: skip
    if (sleeping := _sleeps_on(process, signalled.signal, after)) is not None:
        return sleeping
    for client in _clients(before, own):
        if (found := _unanswered(client, before, after, own, signalled)) is not None:
            return found
    return None


def _sleeps_on(process: Process, name: str, world: World) -> LeftBehind | None:
    call = process.current
    if (
        not process.alive
        or call is None
        or call.stage is not Stage.ASLEEP
        or call.name not in ("accept", "accept4", *_WAITS)
        or ((wait := wait_of(call, world)) is not None and wait.has_limit)
    ):
        return None
    caught = call.asleep.caught if call.asleep is not None else None
    if caught is not None and not caught & 1 << signal.Signals[name] - 1:
        return LeftBehind(
            _("{process} ignores {signal}, and sleeps on in {call}").format(
                signal=name, process=process.name, call=call_as_made(call)
            ),
            _("have a handler for it (sigaction(2), signal.signal in Python), or block it and ask for it (signalfd(2))"),
        )  # fmt: skip
    return LeftBehind(
        _("{signal} was delivered, and after its handler {process} sleeps in {call}: nothing wakes it but a client").format(
            signal=name, process=process.name, call=call_as_made(call)
        ),
        _(
            "have the signal be among what it waits for: by one of a pair of sockets, to whose other signal.set_wakeup_fd "
            "writes (Python), by a pipe, signalfd or ppoll (C)"
        )
        if call.name in _WAITS
        else _(
            "wait in select or poll, for clients and for the signal at once (by signal.set_wakeup_fd in Python, by a pipe, "
            "signalfd or ppoll in C): accept goes on sleeping after a handler (in Python, and in C with SA_RESTART)"
        ),
    )  # fmt: skip


def _listening(world: World, own: Set[str], client: KnownSocket) -> Iterable[int]:
    """The inodes of the programs' sockets that listen on the port to which a client has connected."""
    port = _port(client.peer)
    return [
        row.inode
        for row in world.rows.values()
        if row.is_listening and world.owner_of(row.inode) in own and _port(row.local) == port
    ]


def _is_held(inode: int, world: World, own: Set[str]) -> bool:
    """Whether a process of the programs' has a descriptor of that socket."""
    alive = (process for name in own if (process := world.processes[name]).alive)
    return any(entry.inode == inode for process in alive for entry in process.fds)


def _port(address: Address | None) -> int | None:
    end = endpoint(address)
    return end[1] if end is not None else None


def _clients(world: World, own: Set[str]) -> Iterable[KnownSocket]:
    """The peers' ends of connections to a port on which the programs listen, in the order in which they came."""
    ports = {
        end[1]
        for row in world.rows.values()
        if row.is_listening and world.owner_of(row.inode) in own and (end := endpoint(row.local)) is not None
    }
    held = {entry.inode for process in world.processes.values() if process.alive for entry in process.fds}
    for known in world.sockets.values():
        end = endpoint(known.peer)
        if known.creator not in own and end is not None and end[1] in ports and known.inode in held:
            yield known


def _unanswered(
    client: KnownSocket, before: World, after: World, own: Set[str], signalled: Signalled
) -> LeftBehind | None:
    """What became of a client, where nothing was sent to it."""
    accepted = next(
        (
            known
            for known in after.sockets.values()
            if known.creator in own and known.local == client.peer and known.peer == client.local
        ),
        None,
    )
    calls = [call for name in own for call in after.processes[name].calls]
    if accepted is not None and any(
        call.name in WRITES and call.receiver is not None and call.receiver.inode == accepted.inode
        for call in calls
    ):
        return None
    names = {"signal": signalled.signal, "process": signalled.process, "client": client.creator}
    if accepted is not None and accepted.inode in before.sockets:
        if _is_held(accepted.inode, after, own):
            return None
        return LeftBehind(
            _("when {signal} came {process} had accepted {client} and not answered; that was closed without an answer").format(
                **names
            ),
            _(
                "let the handler only note that the end is wanted, and take nothing for a client that has gone but the end of "
                "its stream (recv may come back with EINTR); end where nobody is being served"
            ),
        )  # fmt: skip
    if accepted is not None or any(_is_held(inode, after, own) for inode in _listening(before, own, client)):
        return None
    return LeftBehind(
        _(
            "when {signal} came {client} was connected and waited in the accept queue of {process}; the listener was closed "
            "before it was accepted, and that reset the connection"
        ).format(**names),
        _(
            "before you close the listener, accept all who are in its queue, without waiting for more: where it does not block, "
            "accept says EAGAIN once the queue is empty"
        ),
    )
