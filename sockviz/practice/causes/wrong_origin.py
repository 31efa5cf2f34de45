"""A client that comes from another address or port than it should: which bind has given it that name, or that none has."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call, Stage
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint
from sockviz.practice.causes.case import Advice, Case
from sockviz.words.wording import address_text


def wrong_origin(case: Case) -> Advice | None:
    """Where the expectation compares the name of the program's own end."""
    compared = case.compared
    came = _address(compared.came) if compared is not None else None
    wanted = _address(compared.expected) if compared is not None else None
    if came is None or wanted is None:
        return None
    calls = [call for process in case.programs for call in process.calls if call.receiver is not None]
    connected = [call for call in calls if call.name in CONNECTING and call.error in (None, "EINPROGRESS")]
    if not connected:
        return None
    last = connected[-1]
    bound = [call for call in calls if call.name == "bind"]
    if any(call.stage is Stage.FAILED for call in bound):
        return None  # what it has failed with tells more
    own = [call for call in bound if _inode(call) == _inode(last)]
    address = address_text(wanted)
    if not bound:
        return Advice(
            _("{connect} of a socket without a name: the kernel has chosen {came}").format(
                connect=case.made(last), came=address_text(came)
            ),
            _("call bind with {address} before connect: already the SYN says where it comes from").format(
                address=address
            ),
        )
    if not own:
        return Advice(
            _(
                "{bind} names another socket than the one of {connect}, for which the kernel has chosen {came}"
            ).format(bind=case.made(bound[-1]), connect=case.made(last), came=address_text(came)),
            _("bind the socket that you connect: a name is one socket's"),
        )
    name = endpoint(own[-1].arguments[1])
    if name is not None and (name[0] in EVERY_ADDRESS or not name[0]) and came[0] != wanted[0]:
        cause = _("{bind} leaves the address to the kernel, which took {came} on connect")
    elif name is not None and name[1] != wanted[1] == (name[1] & 0xFF) << 8 | name[1] >> 8:
        return Advice(
            _(
                "{bind} gives it port {port}, and that is the same two bytes as {wanted} the other way round"
            ).format(bind=case.made(own[-1]), port=name[1], wanted=wanted[1]),
            _("in C sin_port takes htons(port): network order, the high byte first"),
        )
    else:
        cause = _("{bind} has given it that name: it comes from {came}")
    return Advice(
        cause.format(bind=case.made(own[-1]), came=came[0] if came[0] != wanted[0] else address_text(came)),
        _("call bind with {address}").format(address=address),
    )


def _address(value: object) -> Endpoint | None:
    return endpoint(value) if isinstance(value, tuple) else None


def _inode(call: Call) -> int:
    return call.receiver.inode if call.receiver is not None else 0
