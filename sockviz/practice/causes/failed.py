"""A call that failed: what its error means there, and what helps against it, or what is to be done all the same."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.model.events import CallReturned
from sockviz.model.moment import Moment
from sockviz.model.process import Process
from sockviz.model.segments import endpoint
from sockviz.model.sockets import State
from sockviz.model.world import World
from sockviz.practice.causes.broken_off import BROKEN_OFF
from sockviz.practice.causes.case import ENDLESS, Advice, Case
from sockviz.words import acts
from sockviz.words.causes.covering import covers
from sockviz.words.explanation import Explanation, explain
from sockviz.words.mistakes.named_sockets import LISTENING
from sockviz.words.wording import address_text

#: Errors with which nothing is wrong: whoever asks without waiting gets them.
_HARMLESS = frozenset({"EAGAIN", "EINPROGRESS", "EINTR", "ENOENT", "ENOTTY", "ESPIPE"})
#: Calls by which a library only asks, and nothing hangs on the answer.
_ASKING = frozenset({"getpeername", "getsockname", "getsockopt", "ioctl", "lseek"})
#: Of a program that makes calls without end so many events back are looked at.
_LOOKED_AT = 20_000


def failed(case: Case, *, own: bool) -> Advice | None:
    """The last call that failed, of the student's program or of whoever talks to it; with no next step where none is known."""
    explained = _explained(case, own=own)
    if explained is None:
        return None
    call, found = explained
    cause = _("{call} of {process} failed with {error}: {why}").format(
        call=case.made(call), process=call.process, error=found.name, why=found.here
    )
    if own and call.error == "EADDRINUSE" and _was_left_by_a_run(call, case):
        following = _(
            "set SO_REUSEADDR before bind, in every run: it lets it through where the old socket had it, too"
        )
        return Advice(cause, following)
    helps = _helps(call, case) if own else ""
    # What helps against an end that somebody else makes, the other one would have to do.
    return Advice(cause, (helps or found.remedy) if call.error in BROKEN_OFF else (found.remedy or helps))


def _was_left_by_a_run(call: Call, case: Case) -> bool:
    """Whether what keeps a port is an old connection that another run of the program left, without the option that helps. All
    runs are judged anew: it need not wait until that is gone, and the task names its port."""
    end = endpoint(call.arguments[1]) if call.name == "bind" and len(call.arguments) > 1 else None
    kept = [row for row in case.world.rows.values() if row.protocol == "TCP" and covers(row.local, end)]
    left = [case.world.left_by(row) for row in kept if row.state is State.TIME_WAIT]
    return bool(left) and all(
        each is not None
        and each.creator in case.own
        and not acts.is_on(case.world, each.inode, "SO_REUSEADDR")
        for each in left
    )


def was_let_in(world: World, process: str) -> bool:
    """Whether the last connect of a process was let in: then that another was refused before is not what is wrong. The datagram
    sockets that getaddrinfo connects, to put its list in order, are none that anybody lets in."""
    calls = world.processes[process].calls if process in world.processes else ()
    last = next(
        (
            call
            for call in reversed(calls)
            if call.name in CONNECTING and call.receiver is not None and call.receiver.type in LISTENING
        ),
        None,
    )
    return last is not None and last.error is None and last.is_over


def _helps(call: Call, case: Case) -> str:
    """What a program is to do after an error against which nothing helps any more."""
    process = case.world.processes[call.process]
    if call.error in BROKEN_OFF and call.receiver is not None:
        if acts.shut(case.world, call.receiver.inode, acts.SHUT_WR, acts.SHUT_RDWR) is not None:
            return _("call shutdown only once all has been sent: nothing can be sent after it")
        if any(acts.on(case.world, call.receiver.inode, "listen")):
            return _(
                "send to a client by the descriptor that accept has given: the one that listens has nobody at its other end"
            )
        tried = [each for each in process.calls if each.name in CONNECTING and each.receiver == call.receiver]
        if tried and all(each.error not in (None, "EINPROGRESS") for each in tried):
            return _(
                "go on with a socket only where its connect has succeeded: whoever tries several addresses leaves the loop there"
            )
        alone = _(
            "a client that breaks off ends nothing but its own connection: close that, and go on with the others"
        )
        if not process.alive:
            return alone
        if any(entry.inode == call.receiver.inode for entry in process.fds):
            told = _(
                "close the descriptor where a call fails, too: {process} still holds {fd}, and nothing will come of it"
            )
            return told.format(process=process.name, fd=call.receiver.fd)  # fmt: skip
        if any(each.name == "listen" for each in process.calls):
            return alone  # what the client should have done instead is not the program's
    if call.error == "ECONNREFUSED" and call.name in CONNECTING and call.target is not None:
        near = [endpoint(row.local) for row in case.world.rows.values() if row.is_listening]
        other = next((end for end in near if end is not None and end[1] == call.target[1]), None)
        if other is not None and (":" in other[0]) != (":" in call.target[0]):
            told = _(
                "getaddrinfo lists a host's addresses: try each, with a new socket, until one lets you in, here {address}"
            )
            return told.format(address=address_text(other))
    if call.error == "EMFILE":
        return _(
            "close each descriptor once it is of no more use: those that dup, fork and makefile make, too"
        )
    closed = _closed_listener(process) if call.error == "EBADF" else None
    if closed is not None and any(each.error == "EBADF" and each.name == "accept" for each in process.calls):
        told = _(
            "{close} closed the socket that listens, which is there for all clients: close the one that accept gives"
        )
        return told.format(close=case.made(closed))
    if call.error == "EBADF" and any(each.name == "close" for each in process.calls):
        return _(
            "close a socket last: it ends both directions, and the descriptor is gone (shutdown(SHUT_WR) ends the sending alone)"
        )
    return ""


def _is_seen_to(call: Call, case: Case) -> bool:
    """Whether the program has gone on after that error as it should: it has closed that connection, and runs."""
    process = case.world.processes[call.process]
    return (process.alive or process.status == 0) and any(
        each.name == "close"
        and each.origin is not None
        and each.error is None
        and each.entered > call.entered
        and each.receiver == call.receiver
        for each in process.calls
    )


def _closed_listener(process: Process) -> Call | None:
    """The call by which it has closed a socket of its own that listened."""
    listened = {
        call.receiver.inode for call in process.calls if call.name == "listen" and call.receiver is not None
    }
    closed = (call for call in reversed(process.calls) if call.name == "close" and call.receiver is not None)
    return next(
        (call for call in closed if call.receiver is not None and call.receiver.inode in listened), None
    )


def _explained(case: Case, *, own: bool) -> tuple[Call, Explanation] | None:
    numbers = range(len(case.timeline) - 1, max(len(case.timeline) - _LOOKED_AT, 0) - 1, -1)
    if (
        case.given_up in ENDLESS
    ):  # of a loop without end its first error: which is the last hangs on when it was ended
        numbers = range(min(len(case.timeline), _LOOKED_AT))
    for number in numbers:
        event = case.timeline.events[number]
        if not isinstance(event, CallReturned) or event.error is None or event.error in _HARMLESS:
            continue
        if (event.process in case.own) is not own:
            continue
        moment = Moment(case.timeline, number)
        call = moment.call(event.process, event.call)
        if call is None or call.name in _ASKING:
            continue
        if call.name in CONNECTING and was_let_in(case.world, call.process):
            continue
        if own and call.error in BROKEN_OFF and _is_seen_to(call, case):
            continue
        found = explain(call, moment.after)
        if found is not None:
            return call, found
    return None
