"""An address of another family than its socket's."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import NO_FAMILY, Call
from sockviz.model.values import ObjectValue, Value
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import address_text, call_as_made

#: What the kernel says of it: of a family that the socket has not, or of an address that is too short for the socket's.
ERRORS = ("EAFNOSUPPORT", "EINVAL")


def after(call: Call) -> Iterator[Mistake]:
    """What is wrong with a bind, connect or send that has failed."""
    held = call.receiver
    if held is None or call.error not in ERRORS or call.name not in ("bind", "connect", "sendto", "sendmsg"):
        return
    address = call.arguments[-1]
    family = _family(address)
    if family is None or family == held.family or held.family not in ("AF_INET", "AF_INET6", "AF_UNIX"):
        return
    yield Mistake(
        "another family", (call.process, call.name, held.inode), call.process,
        _("{call} of {process} fails with {error}").format(
            call=call_as_made(call), process=call.process, error=call.error
        ),
        _("{address} is an address of {family}, and descriptor {fd} a socket of {its}").format(
            address=address_text(address), family=family, fd=held.fd, its=held.family
        ),
        _("make the socket with {family}, or give it an address of its own family").format(family=family),
    )  # fmt: skip


def forgotten(call: Call) -> Iterator[Mistake]:
    """What is wrong with a connect that succeeds, of a stream, to an address that says a port and no family."""
    held, address = call.receiver, call.arguments[-1] if call.arguments else None
    if call.name != "connect" or call.error is not None or held is None or held.type != "SOCK_STREAM":
        return
    if not isinstance(address, ObjectValue) or not address.text.startswith(f"{NO_FAMILY}:"):
        return
    yield Mistake(
        "another family", (call.process, call.name, held.inode), call.process,
        _("{call} of {process} returns 0, and no connection has begun").format(
            call=call_as_made(call), process=call.process
        ),
        _("its address has a port and no family (sin_family is 0, AF_UNSPEC): such a connect only takes a peer away"),
        _("set sin_family to {family}, as the socket's").format(family=held.family),
    )  # fmt: skip


def _family(address: Value) -> str | None:
    match address:
        case (str(), int()):
            return "AF_INET"
        case (str(), int(), int(), int()):
            return "AF_INET6"
        case str() | bytes() if address:
            return "AF_UNIX"
    return None
