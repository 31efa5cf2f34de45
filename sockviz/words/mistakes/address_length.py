"""A length of an address that was never set: the kernel reads it before it writes there."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import call_as_made

#: The keyword by which a call has it, where it is none that an address of its family has (sockviz.lab.tracer.addresses).
KEYWORD = "addrlen"


def after(call: Call) -> Iterator[Mistake]:
    """What is wrong with a call that was given one."""
    room = call.keywords.get(KEYWORD)
    if not isinstance(room, int) or (call.error is not None and call.error != "EINVAL"):
        return
    if call.error is not None:
        observed = _("{call} of {process} fails with EINVAL")
    elif room < 0x80:
        observed = _("{call} of {process} returns an address that is cut off")
    else:
        observed = _("{call} of {process} works, by luck")
    yield Mistake(
        "address length", (call.process, call.origin, call.name), call.process,
        observed.format(call=call_as_made(call), process=call.process),
        _("it says that there is room for {room} bytes, as a variable does that nobody has set").format(room=room),
        _("set it to the size of the address's struct before each call: the kernel reads it, then writes the real length"),
    )  # fmt: skip
