"""The descriptors that SCM_RIGHTS passes along."""

from __future__ import annotations

from sockviz.model.call import Call
from sockviz.model.values import Value
from sockviz.words.number_kinds import beside_name


def rights_passed(call: Call) -> list[int]:
    """The numbers of the descriptors that a sendmsg was to pass along by SCM_RIGHTS; none where there was nothing to carry
    them."""
    if has_no_byte(call):
        return []
    return rights_in(call.arguments[2] if call.name == "sendmsg" and len(call.arguments) > 2 else None)


def has_no_byte(call: Call) -> bool:
    """Whether a sendmsg on a UNIX stream has sent no byte: what goes beside the data goes with one of its own
    (net/unix/af_unix.c, unix_stream_sendmsg)."""
    held = call.receiver
    is_stream = held is not None and (held.family, held.type) == ("AF_UNIX", "SOCK_STREAM")
    return is_stream and call.name == "sendmsg" and call.error is None and call.value == 0


def rights_in(beside: Value) -> list[int]:
    """The numbers of the descriptors in what goes, or came, beside the data of a message."""
    return [
        int.from_bytes(data[at : at + 4], "little", signed=True)
        for item in (beside if isinstance(beside, list | tuple) else ())
        if isinstance(item, list | tuple) and len(item) == 3
        for level, number, data in (item,)
        if isinstance(level, int) and isinstance(number, int) and isinstance(data, bytes)
        if beside_name(level, number) == "SCM_RIGHTS"
        for at in range(0, len(data) - 3, 4)
    ]
