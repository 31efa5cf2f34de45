"""What a program has not done, though all that it did was right: a connection that it did not close, or did not make."""

from __future__ import annotations

import ast

from sockviz.language import _
from sockviz.model.call import CONNECTING, Stage
from sockviz.model.process import Process
from sockviz.model.segments import Endpoint, endpoint
from sockviz.model.values import SocketValue
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.flows import READS
from sockviz.words.causes.covering import covers
from sockviz.words.wording import address_text


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
                    _("close that descriptor once all has been sent: only then does the stream end"),
                )  # fmt: skip
    return None


def _where(case: Case, process: Process) -> str:
    call = process.current
    if call is not None and call.stage is Stage.ASLEEP:
        return _("{process} sleeps in {call}").format(process=process.name, call=case.made(call))
    return _("{process} is in no call on a socket").format(process=process.name)


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
    if not made:
        return Advice(_("{process} has not called connect").format(process=case.exercise.you), following)
    return Advice(
        _("{process} has not called connect for {address}; its last was {call}").format(
            process=made[-1].process, address=address_text(wanted), call=case.made(made[-1])
        ),
        following,
    )


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
