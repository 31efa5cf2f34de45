"""Reads a recording's lines as events, in all formats: see `sockviz.model.event_lines`. What they say is somebody else's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from sockviz.model import events as event_types
from sockviz.model.event_lines import NEW_INFO, NEW_ROW, TOLD, Body, parsed
from sockviz.model.events import Event, Observed, StatementFinished
from sockviz.model.fields import Damage, members, reader, text, whole
from sockviz.model.ledger import ledger
from sockviz.model.rebuilding import Rebuilding
from sockviz.model.said import Said, with_fds
from sockviz.model.sockets import FdEntry, ProcessRow, RowKey, SocketRow, TcpInfo
from sockviz.model.values import BadValue

_EVENTS: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(event_types.Event)}
_entries, _fds = reader(tuple[FdEntry, ...]), reader(Mapping[str, int])
_names, _numbers = reader(tuple[str, ...]), reader(tuple[int, ...])


class EventReader:
    """Reads the lines of one file of `version`, each once and in order."""

    def __init__(self, version: int) -> None:
        self._said = Said() if version > 1 else None
        self._rebuilding = Rebuilding()

    @property
    def rebuilt(self) -> int:
        """What was made of differences so far (bytes of memory)."""
        return self._rebuilding.bytes

    def event(self, line: str) -> Event:
        """The event of one line. Raises ValueError with the reason."""
        body = parsed(line)
        if not isinstance(body, dict):
            raise ValueError("not an event: no JSON object")
        name = body.pop("event", None)
        kind = _EVENTS.get(name) if isinstance(name, str) else None
        if kind is None:
            raise ValueError(f"not an event of this format: «{str(name)[:40]}»")
        self._rebuilding.next_line()
        try:
            event: Event = self._read(kind, body)
        except (BadValue, Damage) as damage:
            within = damage.within("event") if isinstance(damage, Damage) else damage
            raise ValueError(str(within)) from None
        return event

    def _read(self, kind: type[Any], body: Body) -> Any:
        said = self._said
        if said is None or kind not in (Observed, StatementFinished):
            return reader(kind)(body)
        if kind is StatementFinished:
            changed, gone = _fds(body.pop("fds_changed", {})), _names(body.pop("fds_gone", []))
            event: StatementFinished = reader(kind)(body)
            return replace(event, open_fds=self._open_fds(said, event, changed, gone, "open_fds" in body))
        told = {name: _listed(body.pop(name, []), name) for name in ("rows", "gone", "processes")}
        seen: Observed = reader(kind)(body)
        return replace(
            seen,
            gone=tuple([self._gone(said, seen.host, each) for each in told["gone"]]),
            rows=tuple([self._row(said, seen.host, each) for each in told["rows"]]),
            processes=tuple([self._process(said, each) for each in told["processes"]]),
        )

    def _open_fds(
        self,
        said: Said,
        event: StatementFinished,
        changed: Mapping[str, int],
        gone: tuple[str, ...],
        anew: bool,
    ) -> Mapping[str, int]:
        old = said.open_fds.get(event.process)
        if anew or old is None:
            if changed or gone:
                raise Damage(
                    f"what changed in names of {event.process[:40]!r} that were not said", "fds_changed"
                )
            if not anew:
                return event.open_fds
            now = ledger(event.open_fds)
        else:
            now = ledger(old).but(changed, gone)
        said.open_fds[event.process] = now
        return now

    def _gone(self, said: Said, host: str, json: Any) -> RowKey:
        if type(json) is int:
            return said.drop_row(host, json)
        key: RowKey = members(Observed)["gone"].read([json])[0]
        return key

    def _row(self, said: Said, host: str, json: Any) -> SocketRow:
        if type(json) is not dict:
            raise Damage("expected an object", "rows")
        number = whole(json.pop("row", None))
        if number != said.following:
            old = said.row(number)
            row = replace(old, **self._changes(json, old)) if json else old
            said.change_row(number, row)
            return row
        if "like" in json:
            old = said.row(whole(json.pop("like")))
            row = replace(old, **self._changes(json, old))
        else:
            missing = [name for name in TOLD if name not in json]
            if missing:
                raise Damage(f"a new row without its {missing[0]}", "rows")
            row = SocketRow(**{**NEW_ROW, **self._changes(json, None)})
        said.add_row(host, row)
        return row

    def _changes(self, json: Body, old: SocketRow | None) -> Body:
        """What `json` says of a row that is new, or that was `old`."""
        known = members(SocketRow)
        changes: Body = {}
        self._rebuilding.row()
        for name, value in json.items():
            try:
                if name == "info" and type(value) is dict:
                    before = old.info if old is not None and old.info is not None else NEW_INFO
                    changes[name] = _info(value, before)
                elif name == "raw" and type(value) is list:
                    changes[name] = self._patched(old.raw if old is not None else b"", value)
                elif name not in known:
                    raise Damage("no such field")
                else:
                    changes[name] = known[name].read(value)
            except Damage as damage:
                raise damage.within(str(name)[:80]).within("rows") from None
            except BadValue as bad:
                raise Damage(str(bad), "rows", name) from None
        return changes

    def _patched(self, old: bytes, patches: list[Any]) -> bytes:
        self._rebuilding.octets(len(old))
        new = bytearray(old)
        for place, digits in zip(patches[::2], patches[1::2], strict=False):
            try:
                octets = bytes.fromhex(text(digits))
            except ValueError as error:
                raise Damage(f"no base 16: {error}") from None
            if not 0 <= whole(place) <= len(new) - len(octets):
                raise Damage(f"bytes at {place} of {len(new)}")
            new[place : place + len(octets)] = octets
        return bytes(new)

    def _process(self, said: Said, json: Any) -> ProcessRow:
        if type(json) is not dict:
            raise Damage("expected an object", "processes")
        changed, gone = json.pop("fds_changed", []), json.pop("fds_gone", [])
        name = json.get("process")
        old = said.processes.get(name) if type(name) is str else None
        if old is None:
            if changed or gone:
                raise Damage(
                    f"what changed in descriptors of {str(name)[:40]!r} that were not said", "processes"
                )
            row: ProcessRow = reader(ProcessRow)(json)
        else:
            known = members(ProcessRow)
            odd = next((each for each in json if each not in known), None)
            if odd is not None:
                raise Damage("no such field", "processes", str(odd)[:80])
            self._rebuilding.process()
            row = replace(old, **{each: known[each].read(value) for each, value in json.items()})
            if changed or gone:
                row = replace(row, fds=with_fds(row.fds, _entries(changed), _numbers(gone)))
                self._rebuilding.references(len(row.fds))
        said.processes[row.process] = row
        return row


def _listed(json: Any, name: str) -> list[Any]:
    if type(json) is not list:
        raise Damage("expected a list", name)
    return json


def _info(json: Body, old: TcpInfo) -> TcpInfo:
    known = members(TcpInfo)
    odd = next((name for name in json if name not in known), None)
    if odd is not None:
        raise Damage("no such field", str(odd)[:80])
    return replace(old, **{name: known[name].read(value) for name, value in json.items()})
