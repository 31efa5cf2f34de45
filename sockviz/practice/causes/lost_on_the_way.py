"""What the link of a `lossy` exercise has lost: that it was, when it was sent again, and of a datagram that nobody did."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Stage
from sockviz.model.process import Process
from sockviz.player.losses import Loss, LossesOfRun
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.flows import WRITES
from sockviz.words.crossings import packet_label
from sockviz.words.wording import address_text, duration_text, grouped_bytes


def lost_on_the_way(case: Case) -> tuple[str, Advice | None]:
    """What is observed of it, nothing where nothing was lost; and the likely cause, where a datagram was not sent again."""
    losses = LossesOfRun(case.timeline).count()
    datagrams = [
        loss for loss in losses if loss.sent.packet.tcp is None and loss.is_owed and not loss.followed
    ]
    told = datagrams[-1] if datagrams else next(reversed(losses), None)
    if told is None:
        return "", None
    return _observed(told, len(losses)), _never_again(case, told) if datagrams else None


def _observed(loss: Loss, count: int) -> str:
    """Of the last one, with how many there were."""
    if loss.sent.packet.tcp is None:
        never = _("nobody has sent it again") if not loss.followed else _("others followed it")
        again = _("it was sent again after {time}") if loss.again else never
    elif loss.is_over:
        again = _("it was not sent again: the connection was reset")
    else:
        again = (
            _("its kernel sent it again after {time}")
            if loss.again
            else _("its kernel has not sent it again yet")
        )
    time = duration_text((loss.again or 0.0) - loss.sent.at)
    told = (
        _("the link of this exercise has lost {packet}, and {again}")
        if count == 1
        else _(
            "the link of this exercise has lost {count} packets, each the first time; the last was {packet}, and {again}"
        )
    )
    return told.format(packet=_packet(loss), again=again.format(time=time), count=count)


def _packet(loss: Loss) -> str:
    packet = loss.sent.packet
    if packet.tcp is None:
        return _("a datagram of {amount} from {host} to {address}").format(
            amount=grouped_bytes(packet.length), host=loss.sent.host, address=address_text(packet.destination)
        )
    kind = packet_label(packet)
    if packet.length:
        return _("a segment of {host} ({kind}, {amount})").format(
            host=loss.sent.host, kind=kind, amount=grouped_bytes(packet.length)
        )
    return _("the {kind} of {host}").format(kind=kind, host=loss.sent.host)


def _never_again(case: Case, loss: Loss) -> Advice | None:
    """Of a datagram, where one of the program sent it, or waits for it: UDP leaves it to who asks."""
    process = _asking(case, loss)
    if process is None:
        return None
    call = process.current
    waits = (
        _("{process} sleeps in {call}").format(process=process.name, call=case.made(call))
        if call is not None and call.stage is Stage.ASLEEP
        else _("{process} has not asked again").format(process=process.name)
    )
    return Advice(
        _("{packet} got lost, as IP allows; UDP sends nothing again by itself, and {waits}").format(
            packet=_packet(loss), waits=waits
        ),
        _(
            "wait for the answer for a limited time (settimeout in Python, SO_RCVTIMEO in C, or poll), then send the question "
            "again: either of the two may have been lost"
        ),
    )


def _asking(case: Case, loss: Loss) -> Process | None:
    """Who of the program, on either end of what was lost, has sent a datagram."""
    ends = (loss.sent.packet.source, loss.sent.packet.destination)
    for process in case.programs:
        for call in (*process.calls, *process.under_way):
            held = call.receiver
            known = case.world.sockets.get(held.inode) if held is not None and call.name in WRITES else None
            if known is not None and (call.target in ends or known.peer in ends or known.local in ends):
                return process
    return None
