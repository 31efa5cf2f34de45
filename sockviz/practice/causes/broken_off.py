"""A connection that somebody else finds broken off (RST): what the student's program did to it before."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Call, Stage
from sockviz.practice.causes.case import Advice, Case
from sockviz.words import acts

#: Errors by which a stream is over.
BROKEN_OFF = frozenset({"ECONNRESET", "EPIPE"})


def broken_off(case: Case) -> Advice | None:
    """Of the last call of somebody else that has failed so."""
    failed = [
        call
        for process in case.others
        for call in process.calls
        if call.stage is Stage.FAILED and call.error in BROKEN_OFF and call.receiver is not None
    ]
    last = max(failed, key=lambda call: call.entered, default=None)
    if last is None or last.receiver is None:
        return None
    own = case.flows.other(last.receiver.inode)
    ended = [call for process in case.programs for call in process.calls if _is_on(call, own)]
    closed = next((call for call in ended if call.name == "close"), None)
    both = acts.shut(case.world, own, acts.SHUT_RDWR)
    told = {"call": case.made(last), "peer": last.process}
    if own and acts.lingers(case.world, own) == 0:
        return Advice(
            _("SO_LINGER was set to 0 seconds: close does not end by FIN then but by RST, and {call} of {peer} failed").format(
                **told
            ),
            _("leave SO_LINGER as it is: close ends a connection by FIN, and what was sent before still arrives"),
        )  # fmt: skip
    if both is not None and both.entered < last.entered:
        return Advice(
            _(
                "{shutdown} has ended receiving, too: what {peer} sent then was answered by RST, and {call} failed"
            ).format(shutdown=case.made(both), **told),
            _("end the sending alone (SHUT_WR), receive until recv returns 0 bytes, and then close"),
        )
    deaf = acts.shut(case.world, own, acts.SHUT_RD)
    if deaf is not None and deaf.entered < last.entered:
        return Advice(
            _("{shutdown} has ended the receiving: recv gives 0 bytes from then on, and {peer} had not sent all").format(
                shutdown=case.made(deaf), peer=last.process
            ),
            _("end the sending instead (SHUT_WR), and receive until recv returns 0 bytes"),
        )  # fmt: skip
    if closed is not None and closed.entered < last.entered:
        return Advice(
            _(
                "{close} came before all had been received: that was answered by RST, and {call} of {peer} failed"
            ).format(close=case.made(closed), **told),
            _(
                "close only when recv has returned 0 bytes; that nothing more will be sent is said by shutdown(SHUT_WR)"
            ),
        )
    return None


def _is_on(call: Call, inode: int) -> bool:
    return bool(inode) and call.receiver is not None and call.receiver.inode == inode
