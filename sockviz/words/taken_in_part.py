"""Of a sending call that the kernel took a part of: of how much, and why it did not wait for room for the rest."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import SENDING, Call
from sockviz.model.long_values import as_long
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes.patience import limit
from sockviz.words.situation import Situation
from sockviz.words.wording import bytes_text


def taken_in_part(call: Call, world: World) -> str:
    """A clause: ``there was no room for more of the 9000 bytes, and c does not block``; empty where all was taken."""
    if call.name not in SENDING or not isinstance(call.value, int) or len(call.arguments) < 2:
        return ""
    asked = length_of(call.arguments[1])
    if not 0 < call.value < asked:
        return ""
    s = Situation(call, world)
    low = acts.option(world, s.inode, "TCP_NOTSENT_LOWAT")
    if s.is_tcp and isinstance(low, int) and 0 < low <= call.value:
        told = _(
            "no more of the {amount}: with that {low} and more wait to be sent (TCP_NOTSENT_LOWAT)"
        ).format(amount=bytes_text(asked), low=bytes_text(low))
        why = limit(s, "SO_SNDTIMEO")
        return f"{told}, {why}" if why else told
    told = _("there was no room for more of the {amount}").format(amount=bytes_text(asked))
    why = limit(s, "SO_SNDTIMEO")
    return f"{told}, {why}" if why else told


def length_of(value: Value) -> int:
    """How many bytes were given: in one piece, or in several (sendmsg)."""
    match value:
        case bytes():
            return len(value)
        case list() | tuple() if as_long(value) is None:
            return sum(map(length_of, value))
    return 0
