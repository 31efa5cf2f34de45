"""A socket by which a program has tried to connect, in vain, and tries again elsewhere."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.failed import was_let_in
from sockviz.words.mistakes.named_sockets import LISTENING

#: Errors by which a connect says that it is not over yet.
_GOES_ON = frozenset({"EINPROGRESS", "EALREADY", "EINTR", "EAGAIN"})


def same_socket(case: Case) -> Advice | None:
    """That its second attempt was made by the socket of the first one, to another address, and failed as well."""
    for process in case.programs:
        failed: dict[int, Call] = {}
        if was_let_in(case.world, process.name):
            continue
        for call in process.calls:
            held = call.receiver
            if (
                call.name not in CONNECTING
                or held is None
                or held.type not in LISTENING
                or call.target is None
            ):
                continue
            first = failed.setdefault(held.inode, call)
            if call.error is None or call.error in _GOES_ON:
                failed.pop(held.inode)
            elif first is not call and first.target != call.target:
                return Advice(
                    _("{again} of {process} failed with {error}: it is made by the socket of {first}, which had failed").format(
                        again=case.made(call), process=process.name, error=call.error, first=case.made(first)
                    ),
                    _("close a socket whose connect has failed, and make another one, of the family of the next address"),
                )  # fmt: skip
    return None
