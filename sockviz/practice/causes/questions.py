"""Datagrams: a question that is not asked again, and an answer that is none: somebody else's, or one to an earlier question."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import CONNECTING, Call, Stage
from sockviz.model.segments import Endpoint, endpoint
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.endings import has_limit
from sockviz.practice.causes.flows import READS, WRITES, received
from sockviz.words import acts
from sockviz.words.causes.covering import covers
from sockviz.words.wording import address_text, outcome


@dataclass(frozen=True, slots=True)
class Datagram:
    """A datagram that was sent by `call`: what it has, and by which name its sender goes."""

    call: Call
    data: bytes
    source: Endpoint | None
    target: Endpoint | None


def wrong_answer(case: Case) -> Advice | None:
    """The first datagram that the program took for the answer to what it had asked last, and that was none."""
    sent = [each for process in case.others for each in datagrams_sent(case, process.calls)]
    for process in case.programs:
        asked: list[Datagram] = []
        taken: dict[bytes, bytes] = {}  # what was taken for an answer, and to what
        calls = [call for call in process.calls if _is_of_datagrams(call)]
        for number, call in enumerate(calls):
            if call.name in WRITES:
                asked += datagrams_sent(case, [call])
                continue
            data = received(call) if call.name in READS and call.stage is Stage.RETURNED else None
            if data is None or not asked or not _goes_on(calls[number + 1 :], asked[-1]):
                continue
            came = next(
                (
                    each
                    for each in reversed(sent)
                    if each.data == data and each.call.entered < (call.returned or 0.0)
                ),
                None,
            )
            if came is None:
                continue
            if came.source is not None and came.source not in [each.target for each in asked if each.target]:
                return Advice(
                    _("{receive} took {data}, which came from {source}; {asked} was asked").format(
                        receive=case.made(call), data=repr(data), source=address_text(came.source),
                        asked=address_text(asked[-1].target),
                    ),
                    _("compare the address that recvfrom gives with the one that you asked; "
                      "or connect the socket: then only that one's come in"),
                )  # fmt: skip
            question = asked[-1].data
            following = _(
                "look in each answer which question it is to, and go on waiting where it is to another"
            )
            if taken.setdefault(data, question) != question:
                return Advice(
                    _(
                        "{receive} took {data} for an answer to {question}, as it had for one to {other} before"
                    ).format(
                        receive=case.made(call),
                        data=repr(data),
                        question=repr(question),
                        other=repr(taken[data]),
                    ),
                    following,
                )
            first = next(each for each in asked if each.data == question)
            if came.call.entered < first.call.entered:
                return Advice(
                    _(
                        "{receive} took {data} for an answer to {question}; {peer} had sent it before that was asked"
                    ).format(
                        receive=case.made(call),
                        data=repr(data),
                        question=repr(question),
                        peer=came.call.process,
                    ),
                    following,
                )
    return None


def asked_otherwise(case: Case) -> Advice | None:
    """Where a datagram came that begins as the one that was expected, and has more, or less."""
    came, expected = case.sides if case.sides is not None else (b"", b"")
    if not came or came == expected or not (came.startswith(expected) or expected.startswith(came)):
        return None
    for process in case.programs:
        for each in datagrams_sent(case, process.calls):
            if each.data == came:
                return Advice(
                    _("it was sent by {send}").format(send=case.made(each.call)),
                    _("nothing more is expected there: send what the task says, and no more")
                    if came.startswith(expected)
                    else _("{data} is expected at that place: see what makes the bytes of that call").format(
                        data=repr(expected)
                    ),
                )
    return None


def asked_too_soon(case: Case) -> Advice | None:
    """Where a question comes that was not to come: that something which was received made the program ask it again at once."""
    came = case.sides[0] if case.sides is not None else None
    for process in case.programs:
        before: Call | None = None
        asked: set[bytes] = set()
        for call in (each for each in process.calls if _is_of_datagrams(each)):
            for each in datagrams_sent(case, [call]):
                if each.data == came and each.data in asked and before is not None:
                    return Advice(
                        _("{send} asked again right after {receive} had given {data}").format(
                            send=case.made(call), receive=case.made(before), data=repr(received(before))
                        ),
                        _(
                            "what is no answer must not make you ask again: go on receiving until the time is over"
                        ),
                    )
                asked.add(each.data)
            before = call if call.name in READS and received(call) is not None else None
    return None


def asked_elsewhere(case: Case) -> Advice | None:
    """Where somebody waits for a datagram, and the program has sent all of its own somewhere else."""
    for process in case.others:
        call = process.current
        if (
            call is None
            or call.stage is not Stage.ASLEEP
            or not _is_of_datagrams(call)
            or call.receiver is None
        ):
            continue
        known = case.world.sockets.get(call.receiver.inode)
        if known is None or known.local is None:
            continue
        by_stream = [
            each
            for program in case.programs
            for each in program.calls
            if each.name in CONNECTING
            and each.receiver is not None
            and each.receiver.type == "SOCK_STREAM"
            and covers(known.local, each.target)
        ]
        sent = [each for program in case.programs for each in datagrams_sent(case, program.calls)]
        if by_stream and not sent:
            return Advice(
                _(
                    "{connect} is of a stream socket (TCP), and {peer} waits at {address} for datagrams (UDP)"
                ).format(
                    connect=case.made(by_stream[-1]), peer=process.name, address=address_text(known.local)
                ),
                _("make it a socket of SOCK_DGRAM"),
            )
        if not sent or any(each.target is None for each in sent):
            continue
        if not any(covers(known.local, each.target) for each in sent):
            address = address_text(known.local)
            return Advice(
                _("{send} goes to {target}; {peer} waits at {address}").format(
                    send=case.made(sent[-1].call),
                    target=address_text(sent[-1].target),
                    peer=process.name,
                    address=address,
                ),
                _("send to {address}").format(address=address),
            )
    return None


def no_more_answers(case: Case) -> Advice | None:
    """Where somebody's datagram was refused (ICMP): that the program had taken datagrams there, and has ended by then."""
    for peer in case.others:
        refused = peer.last
        if refused is None or refused.error != "ECONNREFUSED" or not _is_of_datagrams(refused):
            continue
        target = refused.target or _connected(case, refused)
        for process in case.programs:
            bound = any(
                call.name == "bind" and call.error is None and covers(endpoint(call.arguments[1]), target)
                for call in process.calls
                if len(call.arguments) > 1
            )
            last = next((call for call in reversed(process.calls) if call.origin is not None), None)
            if target is None or process.alive or not bound or last is None:
                continue
            return Advice(
                _("{process} had ended by then, and its socket with it; the last that it did was {call} {outcome}").format(
                    process=process.name, call=case.made(last), outcome=outcome(last)
                ),
                _("go on receiving for as long as somebody may ask: no question ends the program"),
            )  # fmt: skip
    return None


def asked_too_little(case: Case) -> Advice | None:
    """Where somebody waits for a datagram: that the program asked so often, got no answer, and has given up."""
    waiting = [process.current for process in case.others if process.current is not None]
    if not any(call.stage is Stage.ASLEEP and _is_of_datagrams(call) for call in waiting):
        return None
    for process in case.programs:
        asked = list(datagrams_sent(case, process.calls))
        call = process.current
        if asked and call is not None and call.stage is Stage.ASLEEP and has_limit(case, call):
            return Advice(
                _(
                    "{process} has sent {data}, and waits in {call}, for longer than anybody here waits for it"
                ).format(process=process.name, data=repr(asked[-1].data), call=case.made(call)),
                _("wait no longer than the task says, and then send the question again"),
            )
        if not asked or process.alive:
            continue
        last = asked[-1]
        times = sum(each.data == last.data for each in asked)
        told = (
            _("{process} sent {data} once, by {call}, and gave up when no answer had come")
            if times == 1
            else _(
                "{process} sent {data} {times} times, the last time by {call}, and gave up when no answer had come"
            )
        )
        return Advice(
            told.format(process=process.name, data=repr(last.data), times=times, call=case.made(last.call)),
            _(
                "a datagram may be lost on either way: send it again when the time is over, as often as the task says"
            ),
        )
    return None


def asked_once_more(case: Case) -> Advice | None:
    """Where nothing more was to come, and somebody has received a datagram: how often the program has sent that."""
    if not any(isinstance(node, ast.Constant) and node.value == "EAGAIN" for node in case.nodes):
        return None
    for peer in case.others:
        last = peer.last
        data = (
            received(last)
            if last is not None and peer.name in case.named and _is_of_datagrams(last)
            else None
        )
        for process in case.programs:
            sent = [
                each for each in datagrams_sent(case, process.calls) if data is not None and each.data == data
            ]
            if sent:
                return Advice(
                    _("{process} has sent {data} {times} times, the last time by {call}").format(
                        process=process.name, data=repr(data), times=len(sent), call=case.made(sent[-1].call)
                    ),
                    _("ask as often as the task says, and no more: then it is over"),
                )
    return None


def _goes_on(following: list[Call], asked: Datagram) -> bool:
    """Whether what has just come was taken for the answer: nothing more is received before something else is asked, if at all."""
    for call in following:
        if call.name in READS:
            return False
        if call.name in WRITES:
            return len(call.arguments) > 1 and call.arguments[1] != asked.data
    return True


def _is_of_datagrams(call: Call) -> bool:
    held = call.receiver
    return held is not None and held.type == "SOCK_DGRAM" and (call.name in READS or call.name in WRITES)


def datagrams_sent(case: Case, calls: Sequence[Call]) -> Iterator[Datagram]:
    """What these calls have sent, in order."""
    for call in calls:
        data = call.arguments[1] if len(call.arguments) > 1 else None
        held = call.receiver
        if (
            held is None
            or not isinstance(data, bytes)
            or call.name not in WRITES
            or not _is_of_datagrams(call)
        ):
            continue
        known = case.world.sockets.get(held.inode)
        target = call.target or _connected(case, call)
        yield Datagram(call, data, endpoint(known.local) if known is not None else None, target)


def _connected(case: Case, call: Call) -> Endpoint | None:
    """Where a send goes that names no address: where its socket was connected to last. None where no call of the run tells it:
    the kernel may have been asked before that was so, or never in the short life of a socket."""
    assert call.receiver is not None
    connected = [
        each
        for each in acts.on(case.world, call.receiver.inode, *CONNECTING)
        if each.error is None and each.target is not None and each.entered < call.entered
    ]
    return max(connected, key=lambda each: each.entered).target if connected else None
