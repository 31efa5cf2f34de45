"""A name that somebody has already: who, as the kernel says at the next look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.changes import changed
from sockviz.model.moment import Moment
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.covering import covers, listeners_at
from sockviz.words.causes.naming import binding
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import call_as_made

#: Seconds after which a look says too little of the moment of the call, and how many calls wait for one.
_SOON, _MOST = 2.0, 64
#: So long (seconds) a program is given to take another name.
_AFTERWARDS = 0.2


@dataclass(slots=True)
class InUse:
    """Looks at binds that failed once the kernel was looked at after them: only then is it known who has what. It is told a
    little later: whoever looks for a free name takes another then."""

    _waiting: list[Call] = field(default_factory=list)
    _known: list[tuple[Call, Cause]] = field(default_factory=list)

    def after(self, call: Call, world: World) -> None:
        """Has a call that came back looked after, if it is a bind that found its name taken."""
        if call.name == "bind" and call.error == "EADDRINUSE" and len(self._waiting) < _MOST:
            if _is_held(call, world):
                self._learn(call, world)
            else:
                self._waiting.append(call)

    def looked(self, world: World, host: str) -> None:
        """Learns who has the names, as a look at a host says."""
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            process, since = world.processes.get(call.process), world.at - (call.returned or 0.0)
            if since < 0 or (process is not None and process.host != host):
                self._waiting.append(call)
            elif since < _SOON:
                self._learn(call, world)

    def ended(self, process: str, before: World) -> None:
        """Learns them of one that ends, whom no look has come after: then nothing had changed since the last."""
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            if call.process == process and before.at - (call.returned or 0.0) < _SOON:
                self._learn(call, before)
            else:
                self._waiting.append(call)

    def _learn(self, call: Call, world: World) -> None:
        situation = Situation(call, _without_later(call, world))
        cause = binding(situation) if _is_certain(situation) else Cause()
        if cause.remedy:
            self._known.append((call, cause))
        else:
            self._waiting.append(call)

    def told(self, moment: Moment) -> Iterator[Mistake]:
        """Who has them, where nothing has come of it since."""
        known, self._known = self._known, []
        for call, cause in known:
            process = moment.after.processes.get(call.process)
            is_idle = process is None or not process.alive or bool(process.sleeping)
            if _takes_another(call, moment.after):
                continue
            if not is_idle and moment.event.at - (call.returned or 0.0) < _AFTERWARDS:
                self._known.append((call, cause))
                continue
            yield Mistake(
                "in use", (call.process, call.number), call.process,
                _("{call} of {process} fails with EADDRINUSE").format(call=call_as_made(call), process=call.process),
                cause.why, cause.remedy,
            )  # fmt: skip

    @property
    def is_known(self) -> bool:
        """Whether there is anything to be told."""
        return bool(self._known)


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


def _is_held(call: Call, world: World) -> bool:
    """Whether somebody was seen to have the name of an Internet socket who still lives: it is he, then."""
    s = Situation(call, world)
    return any(
        row.inode != s.inode and whose.holders(world, row.inode) for row in listeners_at(world, s.end, s.host)
    )


def _without_later(call: Call, world: World) -> World:
    """`world` without the rows of sockets that got their names after the call: they were in nobody's way."""
    later = {
        held.inode
        for other in acts.over(world, "bind", "accept", "connect")
        if (other.returned or 0.0) > (call.returned or 0.0)
        for held in _named_by(other)
    }
    rows = {key: row for key, row in world.rows.items() if row.inode not in later}
    return changed(world, rows=rows, row_index=None) if len(rows) < len(world.rows) else world


def _named_by(call: Call) -> Iterator[SocketValue]:
    """The socket that has a name since such a call."""
    if call.name == "accept":
        given = call.value if isinstance(call.value, tuple) else (call.value,)
        yield from (each for each in given if isinstance(each, SocketValue))
    elif call.receiver is not None:
        yield call.receiver


def _is_certain(s: Situation) -> bool:
    """Whether nobody has closed what he was seen to have there: a look takes its time, and calls are made meanwhile."""
    return not any(
        call.process == process.name
        for row in s.world.rows.values()
        if row.inode != s.inode and covers(row.local, s.end)
        for process, _entry in whose.holders(s.world, row.inode)
        for call in acts.on(s.world, row.inode, "close")
    )
