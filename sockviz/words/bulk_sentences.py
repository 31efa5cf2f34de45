"""What one call did for several messages, and what the kernel moved without the program: sendmmsg, recvmmsg, sendfile, splice."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.words.shown import show
from sockviz.words.wording import bytes_text, receiver_name

#: So many messages are shown of each call, and so much of each.
_SHOWN, _BEGINNING = 4, 16


def bulk_sentence(call: Call, world: World) -> str:
    """What `call`, which returned, gave; empty where its sentence is another's."""
    match call.name, call.value:
        case "sendmmsg", int(count):
            return ngettext(
                "hands {count} message to the kernel",
                "hands {count} messages to the kernel, in one call",
                count,
            ).format(count=count)
        case "recvmmsg", list(messages):
            shown = ", ".join(map(_message, messages[:_SHOWN])) + (", …" if len(messages) > _SHOWN else "")
            return ngettext(
                "takes {count} message: {shown}", "takes {count} messages in one call: {shown}", len(messages)
            ).format(count=len(messages), shown=shown)
        case "sendfile", int(count) if call.receiver is not None:
            return _(
                "copies {amount} of a file to {name}, in the kernel: they never come into the program"
            ).format(amount=bytes_text(count), name=receiver_name(call, world) or _("the socket"))
        case "splice", int(count) if len(call.arguments) > 1:
            one, other = (each.fd if isinstance(each, SocketValue) else each for each in call.arguments[:2])
            return _(
                "moves {amount} from descriptor {one} to descriptor {other}, in the kernel: no program sees them"
            ).format(amount=bytes_text(count), one=one, other=other)
    return ""


def _message(value: Value) -> str:
    return show(value[0] if isinstance(value, tuple) and value else value, _BEGINNING)
