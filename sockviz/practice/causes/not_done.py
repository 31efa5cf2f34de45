"""What a program has not done, though all that it did was right: a connection that it did not close or end, or did not make; and
what it did too often or too early."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call, Stage
from sockviz.model.process import Process
from sockviz.model.segments import Endpoint, endpoint
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.flows import READS
from sockviz.words import acts
from sockviz.words.causes.covering import covers
from sockviz.words.wording import address_text

#: So many bytes a buffered file object of Python asks for: io.DEFAULT_BUFFER_SIZE, until 3.13 and since.
_BUFFERS = (8192, 131072)


def not_closed(case: Case) -> Advice | None:
    """Where the end of a stream is expected: that whoever waits for it waits for the program's close."""
    compared = case.compared
    if compared is None or not compared.unknown or compared.expected != b"":
        return None
    for peer in case.others:
        call = peer.current
        if peer.name not in case.named or call is None or call.stage is not Stage.ASLEEP:
            continue
        own = case.flows.other(call.receiver.inode) if call.receiver is not None and call.name in READS else 0
        for process in case.programs:
            entry = next((each for each in process.fds if own and each.inode == own), None)
            if process.alive and entry is not None:
                return Advice(
                    _("{peer} waits for the end of the stream: descriptor {fd} of {process} is still open, and {what}").format(
                        peer=peer.name, fd=entry.fd, process=process.name, what=_where(case, process)
                    ),
                    _("close that descriptor once all has been sent, in Python each file that makefile has made of it, too: "
                      "only then does the stream end"),
                )  # fmt: skip
    return None


def _where(case: Case, process: Process) -> str:
    call = process.current
    if call is not None and call.stage is Stage.ASLEEP:
        return _("{process} sleeps in {call}").format(process=process.name, call=case.made(call))
    if process.name in case.computing:
        return _("{process} computes without end").format(process=process.name)
    return _("{process} is in no call on a socket").format(process=process.name)


def kept_open(case: Case) -> Advice | None:
    """Where a FIN is expected that does not come: a descriptor of the connection was closed, and another one is open."""
    for peer in case.others:
        call = peer.current
        if call is None or call.stage is not Stage.ASLEEP or call.receiver is None or call.name not in READS:
            continue
        own = case.flows.other(call.receiver.inode)
        if not own or not _is_of_an_end(case, peer):
            continue
        closed = max(
            (
                made
                for process in case.programs
                for made in process.calls
                if made.name == "close"
                and made.receiver is not None
                and made.receiver.inode == own
                and made.is_over
            ),
            key=lambda made: made.entered,
            default=None,
        )
        holder = next(
            (
                (process, entry.fd)
                for process in case.programs
                if process.alive
                for entry in process.fds
                if entry.inode == own
            ),
            None,
        )
        if holder is not None and closed is not None:
            told = _(
                "{close} of {closer} has not ended the sending: descriptor {fd} of {holder} is the same socket, and still open"
            )
            following = _(
                "close ends a connection with its last descriptor (dup and fork make more): shutdown(SHUT_WR) says that all is "
                "sent, whatever is open"
            )
            told = told.format(
                close=case.made(closed), closer=closed.process, fd=holder[1], holder=holder[0].name
            )
            return Advice(told, following)
        if holder is not None and (reading := holder[0].current) is not None and _is_of_a_file(reading):
            told = _(
                "{process} has called neither shutdown nor close for descriptor {fd}, and sleeps in {call}: no FIN was sent"
            )
            following = _(
                "call shutdown(SHUT_WR) of the socket once all is sent: a socket of Python and the files that makefile gives are "
                "one descriptor, which is closed with the last of them"
            )
            told = told.format(process=holder[0].name, fd=holder[1], call=case.made(reading))
            return Advice(told, following)
    return None


def _is_of_a_file(call: Call) -> bool:
    """Whether it looks as what Python calls for a file object of a socket."""
    asks = call.arguments[1] if call.name == "recv" and len(call.arguments) > 1 else 0
    return call.stage is Stage.ASLEEP and asks in _BUFFERS


def _is_of_an_end(case: Case, peer: Process) -> bool:
    """Whether the expectation is of the end of what a program sends to that peer: of the bytes that say so, or of the state."""
    compared = case.compared
    if peer.name not in case.named:
        return False
    return (compared is not None and compared.unknown and compared.expected == b"") or any(
        isinstance(node, ast.Constant) and node.value == State.CLOSE_WAIT.value for node in case.nodes
    )


def not_connected(case: Case) -> Advice | None:
    """Where the expectation is of who waits at a listener: that the program has called connect for another address, or none."""
    wanted = _listener(case)
    if wanted is None:
        return None
    made = [
        call for process in case.programs for call in process.calls if call.name in CONNECTING and call.target
    ]
    if any(covers(wanted, call.target) for call in made):
        return None
    following = _("connect a socket to {address}").format(address=address_text(wanted))
    if any(
        call.error is not None and call.error not in ("EINPROGRESS", "ECONNREFUSED") for call in made[-1:]
    ):
        following = _(
            "{address} is expected there: see what makes the address and the port of that call"
        ).format(address=address_text(wanted))
    if not made:
        return Advice(_("{process} has not called connect").format(process=case.exercise.you), following)
    return Advice(
        _("{process} has not called connect for {address}; its last was {call}").format(
            process=made[-1].process, address=address_text(wanted), call=case.made(made[-1])
        ),
        following,
    )


def connects_too_often(case: Case) -> Advice | None:
    """Where the expectation is of how many wait at a listener: that more do, for the program has called connect again."""
    wanted, compared = _listener(case), case.compared
    if wanted is None or compared is None or not isinstance(compared.came, int):
        return None
    made = [
        call
        for process in case.programs
        for call in process.calls
        if call.name in CONNECTING and call.target and covers(wanted, call.target)
    ]
    if not isinstance(compared.expected, int) or compared.came <= compared.expected or len(made) < 2:
        return None
    return Advice(
        _("{process} has called connect {count} times for {address}, the last time by {call}").format(
            process=made[-1].process, count=len(made), address=address_text(wanted), call=case.made(made[-1])
        ),
        _("each connect makes one more connection, and a new one knows nothing of the last: do all by one"),
    )


def closed_early(case: Case) -> Advice | None:
    """Where the expectation is of a connection's other end: that the program has closed it, and recv had not said that all has
    been sent there."""
    for peer, own in _asked_of(case, "recv_q", "state"):
        ending = {State.TIME_WAIT.value, State.CLOSE_WAIT.value, State.CLOSED.value}
        if case.compared is not None and case.compared.expected in ending:
            return None
        closed = next(
            (
                call
                for process in case.programs
                for call in reversed(process.calls)
                if call.name == "close" and call.receiver is not None and call.receiver.inode == own
            ),
            None,
        )
        taken = case.flows.taken(own)
        is_open = any(entry.inode == own for process in case.programs for entry in process.fds)
        if closed is None or is_open or (taken and taken[-1].begin == taken[-1].end):
            continue
        return Advice(
            _("{close} of {process} has ended the connection, and no recv had said that {peer} has sent all (0 bytes)").format(
                close=case.made(closed), process=closed.process, peer=peer.name
            ),
            _("close only when recv has returned 0 bytes: until then more may come"),
        )  # fmt: skip
    return None


def not_ended(case: Case) -> Advice | None:
    """Where a FIN is expected that does not come: that the program has ended nothing, and sleeps, or runs, on."""
    if case.compared is None or case.compared.expected != State.CLOSE_WAIT.value:
        return None
    for _peer, own in _asked_of(case, "state"):
        for process in case.programs:
            entry = next((each for each in process.fds if each.inode == own), None)
            if process.alive and entry and acts.shut(case.world, own, acts.SHUT_WR, acts.SHUT_RDWR) is None:
                return Advice(
                    _("{process} has called neither shutdown nor close for descriptor {fd}: no FIN was sent, and {what}").format(
                        process=process.name, fd=entry.fd, what=_where(case, process)
                    ),
                    _("once all is sent, say so: shutdown(SHUT_WR) ends the sending, and the receiving goes on"),
                )  # fmt: skip
    return None


def _asked_of(case: Case, *attributes: str) -> Iterator[tuple[Process, int]]:
    """The sockets of others of which the expectation asks one of these: whose each is, and the program's at its other end."""
    for node in case.nodes:
        match node:
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr=which), attr=attr) if (
                attr in attributes and name in case.world.processes and name not in case.own
            ):
                peer = case.world.processes[name]
                held = peer.names.get(which)
                inode = held.inode if isinstance(held, SocketValue) else 0
                own = case.flows.other(inode) or _connected_to(case, inode)
                if own:
                    yield peer, own


def _connected_to(case: Case, inode: int) -> int:
    """The one socket by which the program has connected to where another one is, of a connection too short to have been seen
    whole; 0 where there are several."""
    known = case.world.sockets.get(inode)
    local = endpoint(known.local) if known is not None and known.local is not None else None
    found = {
        call.receiver.inode
        for process in case.programs
        for call in process.calls
        if call.name in CONNECTING
        and call.receiver is not None
        and call.receiver.type == "SOCK_STREAM"
        and call.error is None
        and call.target == local
    }
    return found.pop() if local is not None and len(found) == 1 else 0


def _listener(case: Case) -> Endpoint | None:
    """Where the socket listens of which the expectation asks who is in its queue."""
    for node in case.nodes:
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=process), attr=name), attr="accept_queue"
            ) if process in case.world.processes:
                held = case.world.processes[process].names.get(name)
                row = case.world.row_of(held.inode) if isinstance(held, SocketValue) else None
                return endpoint(row.local) if row is not None and row.is_listening else None
    return None
