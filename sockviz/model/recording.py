"""A timeline as a file: JSON lines, a header first, then one event a line.

Version 1. The header is ``{"sockviz": 1, "kernel": …, "lab": …, "lesson": …}``; an event is
``{"event": "CallEntered", …}`` with the event's fields. A file that breaks off can be played up to its last whole event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO, get_args

from cattrs import Converter, transform_error
from cattrs.preconf.json import make_converter

from sockviz.model import events as event_types
from sockviz.model.events import Event
from sockviz.model.sockets import RowKey
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Address, BadValue, Value, decode, encode

VERSION = 1
_EVENTS = {cls.__name__: cls for cls in get_args(event_types.Event)}


class BadRecording(ValueError):
    """A file that is not a recording, or no header of one. The message says what and where."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A recording as read: the run up to ``problem``, which says at which line the file broke off, and how."""

    timeline: Timeline
    problem: str | None


def _tagged(kind: Any) -> bool:
    """Whether a field's type is a lesson's value, written tagged."""
    return kind in (Value, Address, RowKey) or kind == (Address | None)


@cache
def _converter() -> Converter:
    converter = make_converter(forbid_extra_keys=True)
    # Value, Address and RowKey are unions of plain types, which no converter could tell apart: they are written tagged.
    converter.register_unstructure_hook_func(_tagged, encode)
    converter.register_structure_hook_func(_tagged, lambda tagged, _: decode(tagged))
    return converter


def dump_header(header: Header) -> str:
    """The first line of a recording."""
    body = _converter().unstructure(header)
    body.pop("sockviz")
    return json.dumps({"sockviz": VERSION, "made_by": header.sockviz, **body}, ensure_ascii=False)


def dump_event(event: Event) -> str:
    """One event as one line, without the newline."""
    body = _converter().unstructure(event)
    return json.dumps({"event": type(event).__name__, **body}, ensure_ascii=False)


def save(timeline: Timeline, file: TextIO) -> None:
    """Writes the whole run."""
    file.write(dump_header(timeline.header) + "\n")
    file.writelines(dump_event(event) + "\n" for event in timeline.events)


def load_header(line: str, name: str) -> Header:
    """Reads the first line. Raises `BadRecording`."""
    try:
        body = json.loads(line)
    except ValueError as error:
        raise BadRecording(
            f"{name}:1: not a sockviz recording: the first line is not JSON ({error})"
        ) from None
    if not isinstance(body, dict) or "sockviz" not in body:
        raise BadRecording(f"{name}:1: not a sockviz recording: the first line has no «sockviz» key")
    version = body.pop("sockviz")
    if version != VERSION:
        raise BadRecording(
            f"{name}:1: written in format {version!r}; this sockviz reads format {VERSION}. "
            "Play it with the sockviz that made it."
        )
    body["sockviz"] = body.pop("made_by", "")
    try:
        return _converter().structure(body, Header)
    except Exception as error:  # cattrs raises whatever a field's own type raises, in groups
        raise BadRecording(f"{name}:1: a damaged header: {_reason(error)}") from None


def load_event(line: str) -> Event:
    """Reads one line after the first. Raises ValueError with the reason."""
    body = json.loads(line)
    if not isinstance(body, dict):
        raise ValueError("not an event: no JSON object")
    name = body.pop("event", None)
    kind = _EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"not an event of this format: «{name}»")
    try:
        event: Event = _converter().structure(body, kind)
    except Exception as error:  # as above
        raise ValueError(_reason(error)) from None
    return event


def load(lines: Iterable[str], name: str) -> Loaded:
    """Reads a recording. Raises `BadRecording` where not even the header can be read."""
    iterator: Iterator[str] = iter(lines)
    first = next(iterator, None)
    if first is None:
        raise BadRecording(f"{name}: empty: a recording starts with a header line")
    timeline = Timeline(load_header(first, name))
    for number, line in enumerate(iterator, start=2):
        try:
            timeline.append(load_event(line))
        except ValueError as error:
            return Loaded(timeline, f"{name}:{number}: the recording breaks off here ({error})")
        if not line.endswith("\n"):
            return Loaded(timeline, f"{name}:{number}: the recording breaks off here (no end of line)")
    return Loaded(timeline, None)


def load_file(path: Path) -> Loaded:
    """Reads a recording from a file. Raises `BadRecording` and OSError."""
    try:
        with path.open(encoding="utf-8") as file:
            return load(file, str(path))
    except UnicodeDecodeError as error:
        raise BadRecording(f"{path}: not a sockviz recording: not UTF-8 text ({error.reason})") from None


def _reason(error: BaseException) -> str:
    if isinstance(error, BadValue):
        return str(error)
    reasons: list[str] = transform_error(error, path="event")
    return "; ".join(reasons[:3])
