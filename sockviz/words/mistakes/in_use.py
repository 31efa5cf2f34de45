"""A name that somebody has already: who, as the kernel says at the next look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.covering import covers
from sockviz.words.causes.naming import binding
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import call_as_made

#: Seconds after which a look says too little of the moment of the call, and how many calls wait for one.
_SOON, _MOST = 2.0, 64


@dataclass(slots=True)
class InUse:
    """Looks at binds that failed once the kernel was looked at after them: only then is it known who has what."""

    _waiting: list[Call] = field(default_factory=list)

    def after(self, call: Call) -> None:
        """Has a call that came back looked after, if it is a bind that found its name taken."""
        if call.name == "bind" and call.error == "EADDRINUSE" and len(self._waiting) < _MOST:
            self._waiting.append(call)

    def looked(self, world: World, host: str) -> Iterator[Mistake]:
        """Who has the names, as a look at a host says."""
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            process, since = world.processes.get(call.process), world.at - (call.returned or 0.0)
            situation = Situation(call, world)
            if since < 0 or (process is not None and process.host != host):
                self._waiting.append(call)
            elif since < _SOON and not _takes_another(call, world):
                cause = binding(situation) if _is_certain(situation) else Cause()
                if not cause.remedy:
                    self._waiting.append(call)
                    continue
                yield Mistake(
                    "in use", (call.process, call.number), call.process,
                    _("{call} of {process} fails with EADDRINUSE").format(call=call_as_made(call), process=call.process),
                    cause.why, cause.remedy,
                )  # fmt: skip


def _takes_another(call: Call, world: World) -> bool:
    """Whether its program has gone on to another name for such a socket: it looks for a free one."""
    held = call.receiver
    return any(
        other.process == call.process
        and (other.returned or 0.0) > (call.returned or 0.0)
        and other.receiver is not None and held is not None
        and (other.receiver.family, other.receiver.type) == (held.family, held.type)
        for other in acts.over(world, "bind")
    )  # fmt: skip


def _is_certain(s: Situation) -> bool:
    """Whether nobody has closed what he was seen to have there: a look takes its time, and calls are made meanwhile."""
    return not any(
        call.process == process.name
        for row in s.world.rows.values()
        if row.inode != s.inode and covers(row.local, s.end)
        for process, _entry in whose.holders(s.world, row.inode)
        for call in acts.on(s.world, row.inode, "close")
    )
