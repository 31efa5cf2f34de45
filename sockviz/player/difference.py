"""What differs between two looks at a host, as an event; nothing where only time has passed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field, replace

from sockviz.dataclass import dataclass
from sockviz.lab.lab import Observation
from sockviz.model.events import Observed
from sockviz.model.groups import JoinedGroup
from sockviz.model.sockets import ProcessRow, RowKey, SocketRow, says_the_same

#: States of a process that are worth an event: it has ended, it is stopped. That it runs or sleeps is not.
TELLING = ("Z", "T", "t")


@dataclass(slots=True)
class Differences:
    """Remembers the last look at one host. ``counters`` are the ones worth an event: others move with every packet.
    ``traced``: its processes are watched by a tracer of ours."""

    counters: frozenset[str]
    traced: bool = False
    _rows: dict[RowKey, SocketRow] = field(default_factory=dict)
    _processes: dict[str, ProcessRow] = field(default_factory=dict)
    _counters: dict[str, int] = field(default_factory=dict)
    _looked_at: Mapping[str, int] = field(default_factory=dict)  # the counters of the last look
    _groups: tuple[JoinedGroup, ...] = ()

    def since_last(self, look: Observation, in_a_call: Collection[str]) -> Observed | None:
        """The event that `look` is, or None. ``in_a_call`` are the processes whose sleep means something."""
        rows = {row.key: row for row in look.rows}
        changed = tuple(
            row
            for key, row in rows.items()
            if (old := self._rows.get(key)) is not row and (old is None or not says_the_same(old, row))
        )
        gone = tuple(key for key in self._rows if key not in rows)
        told = map(_running, look.processes) if self.traced else look.processes
        processes = {row.process: _plain(row, row.process in in_a_call) for row in told}
        moved = tuple(row for name, row in processes.items() if _differs(self._processes.get(name), row))
        grown = self._grown(look.counters)
        # An unchanged row keeps the instant of expiry that was first read: later readings only jitter.
        for key in gone:
            del self._rows[key]
        self._rows.update({row.key: row for row in changed})
        self._processes = processes
        self._counters.update(grown)
        groups = look.groups if look.groups != self._groups else None
        self._groups = look.groups
        if not (changed or gone or moved or grown or groups is not None):
            return None
        return Observed(look.at, look.host, changed, gone, moved, grown, groups)

    def _grown(self, counters: Mapping[str, int]) -> dict[str, int]:
        if counters is self._looked_at:
            return {}  # whoever reads them gives the same while none has moved
        self._looked_at = counters
        return {
            name: value
            for name in self.counters
            if (value := counters.get(name, 0)) != self._counters.get(name, 0)
        }


def _running(row: ProcessRow) -> ProcessRow:
    """A process that our tracer has stopped for a moment, or holds: nobody else did."""
    return replace(row, state="S", asleep=None) if row.state == "t" else row


def _plain(row: ProcessRow, in_a_call: bool) -> ProcessRow:
    """Between calls a process waits for its next line: that sleep is ours, not the lesson's."""
    return row if in_a_call or row.state in TELLING else replace(row, state="S", asleep=None)


def _differs(old: ProcessRow | None, new: ProcessRow) -> bool:
    if old is None or old.fds != new.fds:
        return True
    if old.state != new.state and (old.state in TELLING or new.state in TELLING):
        return True
    a, b = old.asleep, new.asleep
    if a is None or b is None:
        return a is not b
    return (a.syscall, a.arguments, a.wchan) != (b.syscall, b.arguments, b.wchan)
