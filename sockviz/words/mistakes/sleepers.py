"""Tasks that sleep: at which sockets each waits, and whether all of a process does, so that nothing but what it waits for has it
go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.call import RECEIVING, Call, Stage
from sockviz.model.linux.files import POLL
from sockviz.model.process import Process
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.interest import epoll_of

#: SOL_SOCKET and SO_RCVTIMEO, of both widths of time: a recv with a limit goes on by itself.
_LIMITS = ((1, 20, b""), (1, 66, b""))
#: Calls that wait for several descriptors.
SEVERAL = frozenset({"poll", "select", "epoll_wait"})
_WRITABLE = POLL["POLLOUT"] | POLL["POLLWRNORM"] | POLL["POLLWRBAND"]
#: Signals that whoever does nothing is not delivered unless somebody ends it, stops it, or types at its terminal: SIGHUP, SIGINT,
#: SIGQUIT, SIGTERM, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH; what its own instructions raise (SIGILL, SIGTRAP, SIGABRT,
#: SIGBUS, SIGFPE, SIGSEGV, SIGPIPE, SIGXCPU, SIGXFSZ, SIGSYS); what the C library keeps for its threads (32, 33). Of all others
#: (SIGALRM, SIGIO …) a handler may be what goes on with the work.
_OF_NO_WORK = sum(
    1 << number - 1 for number in (1, 2, 3, 15, 18, 20, 21, 22, 28, 4, 5, 6, 7, 8, 11, 13, 24, 25, 31, 32, 33)
)
_SIGCHLD = 1 << 16


@dataclass(frozen=True, slots=True)
class Wait:
    """What a call sleeps for: inodes of the sockets of which it takes what comes (0: something else), and of those that it waits
    to be writable. ``has_limit``: for some time at most."""

    reads: frozenset[int] = field(default_factory=frozenset)
    writes: frozenset[int] = field(default_factory=frozenset)
    has_limit: bool = False


def wait_of(call: Call, world: World) -> Wait | None:
    """What a call that sleeps waits for; None where it waits for nothing that comes, or that is not known."""
    held = call.receiver
    if held is not None and call.name in RECEIVING:
        has_limit = any(limit in world.options.get(held.inode, {}) for limit in _LIMITS)
        return Wait(frozenset((held.inode,)), has_limit=has_limit)
    process = world.processes.get(call.process)
    if call.name not in SEVERAL or process is None:
        return None
    watched = _watched(call, process)
    if watched is None:
        return None
    return Wait(
        frozenset(inode for inode, events in watched if events & ~_WRITABLE or not inode),
        frozenset(inode for inode, events in watched if events & _WRITABLE),
        _has_limit(call),
    )


def _watched(call: Call, process: Process) -> list[tuple[int, int]] | None:
    """Inodes, and poll's events."""
    if call.watched:
        return [(_inode(process, fd), events) for fd, events in call.watched]
    entry = epoll_of(call, process)
    if entry is not None:
        return None if entry.watched_more else [(each.inode, each.events & 0xFFFF) for each in entry.watched]
    match call.arguments:
        case (list(reading), list(writing), list(urgent), *_) if call.name == "select":
            ways = (
                (reading, POLL["POLLIN"]),
                (writing, POLL["POLLOUT"]),
                (urgent, POLL["POLLPRI"]),
            )
            return [(_inode(process, fd), events) for fds, events in ways for fd in fds]
    return None


def _inode(process: Process, descriptor: Value) -> int:
    fd = descriptor.fd if isinstance(descriptor, SocketValue) else descriptor
    return next((entry.inode for entry in process.fds if entry.fd == fd and entry.is_socket), 0)


def _has_limit(call: Call) -> bool:
    match call.arguments:
        case (_, _, int(milliseconds)) if call.name == "epoll_wait":
            return milliseconds >= 0
        case (ObjectValue(kind="epoll"),) | (list(), list(), list()):
            return False
        case (ObjectValue(kind="poll"), int(milliseconds), *_):
            return milliseconds >= 0
    return True


def stream_of(call: Call, world: World) -> int:
    """The one socket of a stream of which a call that sleeps waits for data; 0 where there is none, or several."""
    wait = wait_of(call, world)
    found = [inode for inode in wait.reads if _is_stream(inode, world)] if wait is not None else []
    return found[0] if len(found) == 1 else 0


def _is_stream(inode: int, world: World) -> bool:
    known = world.sockets.get(inode)
    return known is not None and known.type == "SOCK_STREAM"


def all_of(process: Process, world: World) -> tuple[Call, ...]:
    """The calls in which all of a process sleeps, one of each thread; nothing where one of them does not, or may not, or where a
    handler of a signal may do something meanwhile."""
    if process.stopped is not None:
        return ()  # whoever lets it go on may do something for it, too
    calls = [task.calls[-1] for task in process.tasks if task.calls]
    if len(calls) < len(process.tasks) or any(call.stage is not Stage.ASLEEP for call in calls):
        return ()
    if any(number not in process.threads for number in process.living):
        return ()  # it has made no call yet
    return () if _may_handle(process, calls, world) else tuple(calls)


def _may_handle(process: Process, calls: Iterable[Call], world: World) -> bool:
    """Whether a signal may come that it has a handler for; also where that is not known."""
    ignored = _OF_NO_WORK
    if not any(other.alive and other.parent == process.name for other in world.processes.values()):
        ignored |= _SIGCHLD
    return any(
        call.asleep is None or call.asleep.caught is None or call.asleep.caught & ~ignored for call in calls
    )


def have_unseen_children(keepers: Sequence[Process], world: World) -> bool:
    """Whether one of these has forked a process of which nobody has seen yet what it has."""
    names = {keeper.name for keeper in keepers}
    return any(each.alive and not each.state and each.parent in names for each in world.processes.values())


def wait_for_no_more_than(ends: frozenset[int], keepers: Sequence[Process], world: World) -> bool:
    """Whether all of these processes sleep until something comes at these `ends`, and nobody else may have one of them."""
    if have_unseen_children(keepers, world):
        return False
    for keeper in keepers:
        calls = all_of(keeper, world)
        waits = [wait_of(call, world) for call in calls]
        if not waits or any(
            wait is None or wait.has_limit or wait.writes or not wait.reads <= ends for wait in waits
        ):
            return False
    return bool(keepers)
