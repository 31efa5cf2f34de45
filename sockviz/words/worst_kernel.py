"""The worst legal kernel: what is done to a student's program that no kernel is forbidden, at the most awkward time.

Each rule with who says that a kernel, an administrator or a network may; what it leaves alone because they may not is told beside
the code that does it: `sockviz.lab.tracer.short`, `sockviz.player.interrupting`, `sockviz.lab.losses`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _, grouped
from sockviz.model.call import Call
from sockviz.model.events import Treated

#: What a rule (`sockviz.lesson.card.KERNELS`) does, and who says that it may be done.
_RULES: Mapping[str, str] = {
    "short": N_(
        "each read and write on a stream moves few bytes, 1, then 3, 7, 31 and so on, as if they came and went in such pieces: "
        "POSIX lets recv return what is there, and send take less than all (Linux takes less where a signal, a time limit or "
        "MSG_DONTWAIT ends it)"
    ),
    "interrupts": N_(
        "each call that falls asleep is stopped and continued once, as by Ctrl-Z and fg: signal(7) lists the calls that come "
        "back with EINTR then (epoll_wait, and with a time limit of the socket recv, send, accept, connect); who has moved a "
        "part comes back with that, all others go on"
    ),
    "slow-peer": N_(
        "whoever reads late has its sender wait soon: TCP sockets have the smallest buffers that there are, "
        "as an administrator may choose (tcp_rmem and tcp_wmem, tcp(7))"
    ),
    "lossy": N_(
        "the link loses packets the first time that they are sent, never two new ones in a row, and lets them through when they "
        "are sent again: IP promises nothing else (RFC 791)"
    ),
    "few-descriptors": N_(
        "a process has at most 16 descriptors at a time, the standard ones among them, and whatever would give it one more fails "
        "with EMFILE: how many it is given is an administrator's choice (RLIMIT_NOFILE, getrlimit(2))"
    ),
}


def rule_text(rule: str) -> str:
    """What a rule does, and who says that it may be done."""
    return _(_RULES[rule]) if rule in _RULES else rule


def let_move(treated: Treated) -> str:
    """``1 of 65,536``: how many bytes a call was let move; nothing where that is not what was done."""
    if treated.allowed is None or treated.wanted is None:
        return ""
    return _("{count} of {all}").format(count=grouped(treated.allowed), all=grouped(treated.wanted))


def in_short(call: Call) -> str:
    """What was done to a call, beside it on the stage: ``sockviz: 1 of 65,536``; nothing where that is nothing."""
    told = ", ".join(let_move(each) or _("stopped once") for each in call.treated)
    return f"sockviz: {told}" if told else ""


def cut(call: Call) -> Treated | None:
    """That a call was let move fewer bytes than it wanted to."""
    return next((each for each in call.treated if each.wanted is not None), None)


def treatment(treated: Treated, call: str = "", packet: str = "") -> str:
    """What was done, in one sentence without a full stop: to a `call` as it was made, or to a `packet`."""
    if treated.rule == "short" and (few := let_move(treated)):
        return _(
            "sockviz lets {call} of {process} move at most {few} bytes, as POSIX allows: a stream comes and goes in pieces"
        ).format(call=call, process=treated.process, few=few)
    if treated.rule == "interrupts" and treated.process:
        return _(
            "sockviz stops {process} in {call} and has it go on, as Ctrl-Z and fg do: what becomes of the call is in signal(7)"
        ).format(call=call, process=treated.process)
    if treated.rule == "lossy" and treated.frame is not None:
        return _("sockviz has the link lose {packet}, as IP allows: it is sent for the first time").format(
            packet=packet
        )
    return _("sockviz makes this kernel the worst that is legal: {rule}").format(rule=rule_text(treated.rule))
