"""A program that is told by recv that its peer has sent all, and asks again and again: a loop that does not look for the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import RECEIVING, Call
from sockviz.words import acts
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import call_as_made

#: So often it is told before it is said: more than one loop may come to its end there. So many sockets are remembered.
_OFTEN, _MOST = 8, 4096


@dataclass(slots=True)
class EndIgnored:
    """Counts, by process and inode, how often a stream's end was told."""

    _told: dict[tuple[str, int], int] = field(default_factory=dict)

    def after(self, call: Call) -> Iterator[Mistake]:
        """What is wrong once a call has come back."""
        held = call.receiver
        if held is None or held.type != "SOCK_STREAM" or not _tells_the_end(call):
            return
        key = call.process, held.inode
        self._told[key] = count = self._told.get(key, 0) + 1
        if len(self._told) > _MOST:
            self._told.pop(next(iter(self._told)))
        if count == _OFTEN:
            yield Mistake(
                "end ignored", key, call.process,
                _("{call} of {process} has returned 0 bytes {count} times").format(
                    call=call_as_made(call), process=call.process, count=count
                ),
                _("that is no «nothing yet» but the end of the stream: it returns so at once, for ever"),
                _("leave the loop when recv returns 0 bytes, and close that descriptor"),
            )  # fmt: skip


def _tells_the_end(call: Call) -> bool:
    asked = call.arguments[1] if len(call.arguments) > 1 else 0
    if call.name not in RECEIVING or call.error is not None or not isinstance(asked, int) or asked <= 0:
        return False
    data = call.value[0] if isinstance(call.value, tuple) and call.value else call.value
    return data == b"" and not acts.has(call, "MSG_PEEK")
