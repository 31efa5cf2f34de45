"""Writes a run's events as lines of a recording, in the newest format: see `sockviz.model.event_lines`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sockviz.model.call_lines import CallLines
from sockviz.model.event_lines import NEW_INFO, NEW_ROW, Body, line_of
from sockviz.model.events import CallEntered, CallReturned, Event, Observed, StatementFinished
from sockviz.model.fields import members, writer
from sockviz.model.said import Said, ascending, changed_fds
from sockviz.model.sockets import FdEntry, ProcessRow, RowKey, SocketRow, TcpInfo
from sockviz.model.turns import Turns

_CALLS = (CallEntered, CallReturned)


class EventWriter:
    """Writes the events of one run, in format 2, each once and in order."""

    def __init__(self) -> None:
        self._said = Said()
        self._calls = CallLines()
        self._latest: dict[object, int] = {}  # of each kind of row the number of the last new one

    def line(self, event: Event) -> str:
        """`event` as one line, without the newline."""
        if isinstance(event, _CALLS):
            return self._calls.line(event)
        alone: Event = event  # without what is said by what has changed
        match event:
            case Observed():
                alone = replace(event, rows=(), gone=(), processes=())
            case StatementFinished():
                alone = replace(event, open_fds={})
        body: Body = {"event": type(event).__name__, **writer(type(event))(alone)}
        match event:
            case Observed():
                self._observed(event, body)
            case StatementFinished():
                self._finished(event, body)
        return line_of(body)

    def lines(self, piece: Event | Turns) -> str:
        """An event as a line, or turns of a loop as one each, with their newlines."""
        return self._calls.lines(piece) if isinstance(piece, Turns) else f"{self.line(piece)}\n"

    def _observed(self, event: Observed, body: Body) -> None:
        host = event.host
        if event.gone:
            body["gone"] = [self._gone(host, key) for key in event.gone]
        if event.rows:
            body["rows"] = [self._row(host, row) for row in event.rows]
        if event.processes:
            body["processes"] = [self._process(row) for row in event.processes]

    def _gone(self, host: str, key: RowKey) -> object:
        number = self._said.number_of(host, key)
        if number is None:
            return members(Observed)["gone"].write((key,))[0]
        self._said.drop_row(host, number)
        return number

    def _row(self, host: str, row: SocketRow) -> Body:
        number = self._said.number_of(host, row.key)
        if number is not None:
            old = self._said.row(number)
            self._said.change_row(number, row)
            return {"row": number, **_row_differing(row, old)}
        kind = (row.protocol, row.state, row.inode > 0)
        like = self._latest.get(kind)
        old_ = self._said.rows.get(like) if like is not None else None
        self._latest[kind] = number = self._said.add_row(host, row)
        return {"row": number} | ({"like": like, **_row_differing(row, old_)} if old_ else _row_written(row))

    def _process(self, row: ProcessRow) -> Body:
        old = self._said.processes.get(row.process)
        self._said.processes[row.process] = row
        if old is None:
            whole_row: Body = writer(ProcessRow)(row)
            return whole_row
        forms = members(ProcessRow)
        body: Body = {"process": row.process}
        for name in ("state", "asleep"):
            if (value := getattr(row, name)) != getattr(old, name):
                body[name] = forms[name].write(value)
        if row.fds is old.fds or row.fds == old.fds:
            return body
        if not (ascending(old.fds) and ascending(row.fds)):
            return {**body, "fds": forms["fds"].write(row.fds)}
        changed, gone = changed_fds(old.fds, row.fds)
        if changed:
            body["fds_changed"] = [writer(FdEntry)(entry) for entry in changed]
        if gone:
            body["fds_gone"] = gone
        return body

    def _finished(self, event: StatementFinished, body: Body) -> None:
        old, now = self._said.open_fds.get(event.process), event.open_fds
        if old is None:
            if now:
                self._said.open_fds[event.process] = now
                body["open_fds"] = dict(now)
            return
        self._said.open_fds[event.process] = now
        if now is old:
            return
        if changed := {name: fd for name, fd in now.items() if old.get(name) != fd}:
            body["fds_changed"] = changed
        if gone := [name for name in old if name not in now]:
            body["fds_gone"] = gone


def _row_written(row: SocketRow) -> Body:
    body = _differing(SocketRow, row, NEW_ROW)
    if row.info is not None:
        body["info"] = _differing(TcpInfo, row.info, _of(NEW_INFO))
    return body


def _row_differing(row: SocketRow, old: SocketRow) -> Body:
    body = _differing(SocketRow, row, _of(old))
    if "info" in body and row.info is not None:
        body["info"] = _differing(TcpInfo, row.info, _of(old.info or NEW_INFO))
    if "raw" in body and len(row.raw) == len(old.raw):
        body["raw"] = _patches(old.raw, row.raw)
    return body


def _of(row: SocketRow | TcpInfo) -> Body:
    """Its fields."""
    return {name: getattr(row, name) for name in members(type(row))}


def _differing(kind: type[Any], row: Any, old: Body) -> Body:
    """The fields of `row` that are other than in `old`, or not in it, written."""
    body: Body = {}
    for name, its in members(kind).items():
        value = getattr(row, name)
        if value != old[name]:
            body[name] = its.write(value)
    return body


def _patches(old: bytes, new: bytes) -> list[int | str]:
    """Where two strings of one length differ, and what the new one has there, in base 16. Gaps of a few bytes are bridged."""
    patches: list[tuple[int, int]] = []
    for place in (n for n, (one, other) in enumerate(zip(old, new, strict=True)) if one != other):
        if patches and place - patches[-1][1] < 4:
            patches[-1] = (patches[-1][0], place + 1)
        else:
            patches.append((place, place + 1))
    return [part for start, end in patches for part in (start, new[start:end].hex())]
