"""Somebody has received, or waits for, less than what was expected of the program: what that did after the last that it sent."""

from __future__ import annotations

import ast

from sockviz.language import _
from sockviz.model.call import Call, Stage
from sockviz.model.process import Process
from sockviz.model.values import SocketValue
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.flows import READS
from sockviz.practice.causes.wrong_bytes import several, shown
from sockviz.words.wording import grouped_bytes


def still_awaited(case: Case) -> Advice | None:
    """Where somebody sleeps for more than has come, and the program has nothing in its hands that it could send: it has received
    nothing since it sent last, or more lines than it has answered."""
    if case.compared is None or not case.compared.unknown or case.sides is None:
        return None
    own = _stream_of(case, b"")
    sent, taken = case.flows.given(own), case.flows.taken(own)
    if not own or not case.sides[1].startswith(case.sides[0]):
        return None
    if taken and (found := several(case, own, taken[-1])) is not None and sent:
        return found
    if not taken or (sent and (taken[-1].call.returned or 0.0) <= sent[-1].call.entered):
        return too_few(case)
    return None


def too_few(case: Case) -> Advice | None:
    """Where all that came is right, and it is not all: what the program did after the last of it."""
    if case.sides is None:
        return None
    came, expected = case.sides
    if not expected.startswith(came) or came == expected:
        return None
    own = _stream_of(case, came)
    if not own:
        return None
    wanted = expected[len(came) :]
    process = _user(case, own)
    if process is None:
        return None
    if (vain := _read_too_soon(process, own)) is not None:
        return Advice(
            _("{receive} of {process} failed with EAGAIN, as nothing more was there yet, and that was taken for the end").format(
                receive=case.made(vain), process=process.name
            ),
            _("wait until there is something (select, poll), and go on receiving; the end of a stream is a recv of 0 bytes"),
        )  # fmt: skip
    return Advice(
        _after_the_last(case, process, own),
        _("what is still expected there ({amount}) begins with {data}: send it before you close, or wait for more").format(
            amount=grouped_bytes(len(wanted)), data=shown(wanted)
        ),
    )  # fmt: skip


def _read_too_soon(process: Process, inode: int) -> Call | None:
    """Its last read of a socket that it has done with, where that would have had to wait."""
    reads = [
        call
        for call in process.calls
        if call.name in READS and call.receiver is not None and call.receiver.inode == inode
    ]
    return reads[-1] if reads and not process.alive and reads[-1].error == "EAGAIN" else None


def _after_the_last(case: Case, process: Process, own: int) -> str:
    sent = case.flows.given(own)
    then = _what_then(case, process, own)
    if not sent:
        return _("{process} has sent nothing there, and {what}").format(process=process.name, what=then)
    return _("the last that {process} sent there was {send}, and then it {what}").format(
        process=process.name, send=case.made(sent[-1].call), what=then
    )


def _stream_of(case: Case, came: bytes) -> int:
    """The program's socket by which that came; 0 where it is not known."""
    for peer in case.others:
        if peer.name not in case.named:
            continue
        pieces = case.flows.sources(peer, came)
        call = pieces[-1].call if pieces else peer.current
        if call is not None and call.receiver is not None and (own := case.flows.other(call.receiver.inode)):
            return own
    return 0


def _user(case: Case, inode: int) -> Process | None:
    """Who of the program used a socket last."""
    users = [
        (call.entered, process)
        for process in case.programs
        for call in (*process.calls, *process.under_way)
        if (call.receiver is not None and call.receiver.inode == inode)
        or (isinstance(call.value, tuple) and any(getattr(part, "inode", 0) == inode for part in call.value))
    ]
    return max(users, key=lambda each: each[0])[1] if users else None


def _what_then(case: Case, process: Process, inode: int) -> str:
    """What it did after the last that it sent there."""
    sent = case.flows.given(inode)
    since = sent[-1].call.returned or 0.0 if sent else 0.0
    closing = next(
        (
            call
            for call in process.calls
            if call.name in ("close", "shutdown") and call.entered >= since
            and call.receiver is not None and call.receiver.inode == inode
        ),
        None,
    )  # fmt: skip
    if closing is not None:
        return _("called {call}").format(call=case.made(closing))
    if not process.alive:
        return _("has ended")
    call = process.current
    if call is not None and call.stage is Stage.ASLEEP:
        return _("sleeps in {call}").format(call=case.made(call))
    return _("runs on")


def wrong_amount(case: Case) -> Advice | None:
    """Where so many bytes are expected to wait at somebody's socket."""
    for node in case.nodes:
        match node:
            case ast.Compare(
                left=ast.Attribute(value=ast.Attribute(value=ast.Name(id=process), attr=name), attr="recv_q"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value=int(wanted))],
            ) if process in case.world.processes:
                return _amount(case, case.world.processes[process], name, wanted)
    return None


def _amount(case: Case, peer: Process, name: str, wanted: int) -> Advice | None:
    held = peer.names.get(name)
    theirs = held.inode if isinstance(held, SocketValue) else 0
    own = case.flows.other(theirs) if theirs else 0
    process = _user(case, own) if own else None
    if process is None:
        return None
    sent, taken = case.flows.given(own), case.flows.taken(theirs)
    came = (sent[-1].end if sent else 0) - (taken[-1].end if taken else 0)
    if came < wanted:
        return Advice(
            _after_the_last(case, process, own),
            _("{count} of {all} have come there: send what is missing, and only then wait for more").format(
                count=grouped_bytes(came), all=grouped_bytes(wanted)
            ),
        )
    if came == wanted:
        return None
    received = case.flows.taken(own)
    if received and received[-1].data and len(received[-1].data) < sent[-1].end - sent[-1].begin:
        gave, went = received[-1], sent[-1]
        if went.data is not None and bytes(went.data).startswith(bytes(gave.data or b"")):
            return Advice(
                _("{receive} had given {few}, and {send} sent {many}").format(
                    receive=case.made(gave.call), few=grouped_bytes(gave.end - gave.begin), send=case.made(went.call),
                    many=grouped_bytes(went.end - went.begin),
                ),
                _("send as many bytes as the receive has given: what else is in its buffer has not come"),
            )  # fmt: skip
    return Advice(
        _("{count} were sent there, the last of them by {send}").format(
            count=grouped_bytes(came), send=case.made(sent[-1].call)
        ),
        _("{all} are expected there, and no more").format(all=grouped_bytes(wanted)),
    )
