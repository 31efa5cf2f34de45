"""A client that was refused, since nobody listened where it went: what the student's program had bound there instead, or what has
become of its listener."""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import CONNECTING, Call, Stage
from sockviz.model.segments import Endpoint, endpoint, wire_end
from sockviz.practice.causes.case import Advice, Case
from sockviz.words.causes.covering import covers
from sockviz.words.mistakes.named_sockets import LISTENING
from sockviz.words.wording import address_text, outcome


@dataclass(frozen=True, slots=True)
class ConnectTurnedAway:
    """What is observed of it, in one sentence; and what was wrong, where that is known."""

    observed: str
    advice: Advice | None


def nobody_listens(case: Case) -> ConnectTurnedAway | None:
    """Of whoever was refused last, and has not been let in since."""
    tried = [call for process in case.others for call in process.calls if _is_attempt(call)]
    last = max(tried, key=lambda call: call.entered, default=None)
    target = last.target if last is not None and last.error == "ECONNREFUSED" else None
    if last is None or target is None:
        return None
    answer = (
        _("{client}'s SYN was answered by RST (ECONNREFUSED)")
        if _came_rst(case, last)
        else _("{client}'s connect was refused (ECONNREFUSED)")
    ).format(client=last.process)
    calls = [call for process in case.programs for call in process.calls if call.entered <= last.entered]
    bound = [
        call
        for call in calls
        if call.name == "bind" and call.stage is Stage.RETURNED and _end(call) is not None
    ]
    there = [call for call in bound if covers(_end(call), target)]
    listened = {
        call.receiver.inode: call
        for call in calls
        if call.name == "listen" and call.stage is Stage.RETURNED and call.receiver is not None
    }
    for call in there:
        if call.receiver is not None and call.receiver.inode in listened:
            return ConnectTurnedAway(
                _("nobody listens on {address} any more: {answer}").format(
                    address=address_text(target), answer=answer
                ),
                _no_more(case, call),
            )
    had_ended = bool(there) and _had_ended(case, there[0].process, last)
    if there and not any(_is_of_streams(call) for call in there):
        told = (
            _("{server} had ended by then, and was bound to {address}, which takes no connections: {answer}")
            if had_ended
            else _("{server}: bound to {address}, and takes no connections there: {answer}")
        )
        return ConnectTurnedAway(
            told.format(server=there[0].process, address=address_text(_end(there[0])), answer=answer),
            Advice(
                _("{bind} is of a datagram socket (UDP), and {client} comes by TCP").format(
                    bind=case.made(there[0]), client=last.process
                ),
                _("make it a socket of SOCK_STREAM, bind it, and call listen"),
            ),
        )
    if there:
        told = (
            _("{server} had ended by then, and was bound to {address}, not listening: {answer}")
            if had_ended
            else _("{server}: bound to {address}, not listening: {answer}")
        )
        return ConnectTurnedAway(
            told.format(server=there[0].process, address=address_text(_end(there[0])), answer=answer),
            Advice(
                _("{server} has not called listen: {bind} only gives a name").format(
                    server=there[0].process, bind=case.made(there[0])
                ),
                _("call listen after bind: only then does the kernel let clients in"),
            ),
        )
    observed = _("nothing of {server} is bound to {address}: {answer}").format(
        server=case.exercise.you, address=address_text(target), answer=answer
    )
    if not bound:
        return ConnectTurnedAway(observed, None)
    return ConnectTurnedAway(
        observed,
        Advice(
            _("{bind} gives another name").format(bind=case.made(bound[0])),
            _("bind to {address}: that is where clients go").format(address=address_text(target)),
        ),
    )


def _had_ended(case: Case, process: str, call: Call) -> bool:
    ended = case.world.processes[process].ended
    return ended is not None and ended < call.entered


def _is_of_streams(call: Call) -> bool:
    return call.receiver is not None and call.receiver.type in LISTENING


def _is_attempt(call: Call) -> bool:
    return (
        call.name in CONNECTING
        and call.receiver is not None
        and call.receiver.type in LISTENING
        and call.is_over
    )


def _came_rst(case: Case, call: Call) -> bool:
    """Whether a RST was captured that answers a connect."""
    return any(
        seen.event.at >= call.entered
        and (packet := seen.event.packet).tcp is not None
        and "RST" in packet.tcp.flags
        and packet.source == wire_end(call.target)
        for seen in case.world.packets
    )


def _end(call: Call) -> Endpoint | None:
    return endpoint(call.arguments[1]) if len(call.arguments) > 1 else None


def _no_more(case: Case, bind: Call) -> Advice:
    """What has become of a listener."""
    held = bind.receiver
    process = case.world.processes[bind.process]
    closed = next(
        (
            call
            for each in case.programs
            for call in reversed(each.calls)
            if call.name == "close" and held is not None and call.receiver is not None
            and call.receiver.inode == held.inode
        ),
        None,
    )  # fmt: skip
    following = _(
        "go on listening: whoever has been served has its own socket, which is closed; no client ends the program"
    )
    if closed is not None and (closed.origin is not None or process.alive):
        return Advice(
            _("{call} of {process} closed the socket that listened there").format(
                call=case.made(closed), process=closed.process
            ),
            following,
        )
    before = next(
        (call for call in reversed(process.calls) if call.origin is not None and call.name != "close"), None
    )
    if process.alive or before is None:
        return Advice(
            _("the socket of {process} that listened there is gone").format(process=process.name), following
        )
    return Advice(
        _(
            "{process} had ended by then, and its listener with it; the last that it did was {call} {outcome}"
        ).format(process=process.name, call=case.made(before), outcome=outcome(before)),
        following,
    )
