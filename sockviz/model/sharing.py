"""What an event says again is held once: tables that an event brings whole, and that are nearly those of the event before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sockviz.model.events import Event, Observed, StatementFinished
from sockviz.model.ledger import Ledger, ledger
from sockviz.model.sockets import ProcessRow
from sockviz.model.world import World


def shared(event: Event, world: World) -> Event:
    """An event equal to `event`, in which what `world`, before it, holds already is the same object."""
    match event:
        case Observed():
            rows = tuple(_sharing(row, world) for row in event.processes)
            same = all(new is old for new, old in zip(rows, event.processes, strict=True))
            return event if same else replace(event, processes=rows)
        case StatementFinished() if event.process in world.processes:
            known = world.processes[event.process].open_fds
            now = _changed(known, event.open_fds)
            return event if now is event.open_fds else replace(event, open_fds=now)
    return event


def _sharing(row: ProcessRow, world: World) -> ProcessRow:
    known = world.processes.get(row.process)
    if known is None or not known.fds or row.fds is known.fds:
        return row
    if row.fds == known.fds:
        return replace(row, fds=known.fds)
    held = set(map(id, known.fds))
    fresh = {entry.fd: entry for entry in row.fds if id(entry) not in held}
    again = {entry.fd: entry for entry in known.fds if entry.fd in fresh and fresh[entry.fd] == entry}
    if not again:
        return row
    return replace(row, fds=tuple([again.get(entry.fd, entry) for entry in row.fds]))


def _changed(known: Mapping[str, int], now: Mapping[str, int]) -> Mapping[str, int]:
    if isinstance(now, Ledger):  # it shares what it has with those before it
        return now
    changed = {name: fd for name, fd in now.items() if known.get(name) != fd}
    gone = [name for name in known if name not in now]
    return ledger(known).but(changed, gone) if changed or gone else known
