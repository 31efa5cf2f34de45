"""A timeline as a file: JSON lines, a header first, then one event a line.

Version 1. The header is ``{"sockviz": 1, "kernel": …, "lab": …, "lesson": …}``; an event is
``{"event": "CallEntered", …}`` with the event's fields. A file that breaks off can be played up to its last whole event, and so
can one that says what cannot have been. Of the lesson's path it holds the file's name only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeAlias, TypeVar, get_args

from cattrs import Converter, transform_error
from cattrs.preconf.json import make_converter

from sockviz import memory
from sockviz.input_file import explained, open_input
from sockviz.language import _
from sockviz.model import events as event_types
from sockviz.model.events import Event
from sockviz.model.sockets import RowKey, State, Timer
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Address, BadValue, Json, Value, decode, encode
from sockviz.model.world import World

T = TypeVar("T")

VERSION = 1
#: The largest recording, in bytes and in events: 1,000 clients on one listener take 100 MB, and 32,000 events.
LARGEST_FILE, MOST_EVENTS = 160 << 20, 200_000
#: The longest line of one (bytes): a thousand rows of a socket table take a third of that.
LONGEST_LINE = 4 << 20
#: So many values, parts of values and addresses one line may have: an observation of 10,000 sockets has two each.
MOST_VALUES, _TAG = 30_000, '"$"'
#: And so many all lines together: those of 1,000 clients have 28,000.
MOST_TAGS = 500_000
#: With so much in memory (bytes) no more of a recording is read; and how much of it (bytes) is read from look to look.
MOST_MEMORY, _LOOKED_EVERY = 320 << 20, 256 << 10
#: The last instant that a calendar has (9999-12-31), and the largest number that a kernel's field holds.
_LATEST, _LARGEST = 253_402_300_799, (1 << 64) - 1
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMES: dict[type, str] = {str: "text", bool: "true or false", int: "a whole number"}
_LONGEST_REASON = 300
#: Judges whether an event can follow on a world. Raises ValueError with the reason where it cannot.
Check: TypeAlias = "Callable[[Event, World], None]"
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
    converter.register_structure_hook_func(lambda kind: kind is Address, lambda tagged, _: _address(tagged))
    converter.register_structure_hook_func(
        lambda kind: kind == (Address | None), lambda tagged, _: None if tagged is None else _address(tagged)
    )
    converter.register_structure_hook_func(lambda kind: kind is RowKey, lambda tagged, _: _row_key(tagged))
    # Left to itself the converter would call str(), int() … on whatever it finds, and None become "None".
    converter.register_structure_hook(str, lambda json, _: _plain(json, str))
    converter.register_structure_hook(State, lambda json, _: State(json))
    converter.register_structure_hook(Timer, lambda json, _: Timer(json))
    converter.register_structure_hook(bool, lambda json, _: _plain(json, bool))
    converter.register_structure_hook(int, lambda json, _: _plain(json, int))
    converter.register_structure_hook(float, lambda json, _: _number(json))
    return converter


def _plain(json: object, kind: type[T]) -> T:
    if not isinstance(json, kind) or (isinstance(json, bool) and kind is not bool):
        raise TypeError(f"expected {_NAMES[kind]}")
    if isinstance(json, int) and abs(json) > _LARGEST:
        raise TypeError("expected a number of at most 64 bits")
    return json


def _number(json: object) -> float:
    if isinstance(json, bool) or not isinstance(json, int | float) or not math.isfinite(json):
        raise TypeError("expected a number")
    if not 0 <= json <= _LATEST:
        raise TypeError("expected an instant from 1970 to 9999")
    return float(json)


def _address(tagged: Json) -> Address:
    match decode(tagged):
        case str() | bytes() as name:
            return name
        case (str() | int(), str() | int(), *_) as ends if all(isinstance(part, str | int) for part in ends):
            return tuple(part for part in ends if isinstance(part, str | int))
    raise BadValue(f"not an address: {str(tagged)[:80]}")


def _row_key(tagged: Json) -> RowKey:
    key = decode(tagged)
    if isinstance(key, tuple) and all(isinstance(part, str | int | None) for part in key):
        return tuple(part for part in key if isinstance(part, str | int | None))
    raise BadValue(f"not the key of a row: {str(tagged)[:80]}")


def _line(body: object) -> str:
    text = json.dumps(body, ensure_ascii=False)
    # A file name need not be text: what is not stands as a lone surrogate, which UTF-8 does not have.
    return json.dumps(body) if _SURROGATE.search(text) else text


def _parsed(line: str) -> object:
    try:
        parsed: object = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return parsed


def dump_header(header: Header) -> str:
    """The first line of a recording."""
    body = _converter().unstructure(replace(header, path=_name(header.path)))
    body.pop("sockviz")
    return _line({"sockviz": VERSION, "made_by": header.sockviz, **body})


def _name(path: str) -> str:
    """The last part of a path of any system. Whose directories it was in is nobody's business."""
    return re.split(r"[/\\]", path)[-1]


def dump_event(event: Event) -> str:
    """One event as one line, without the newline."""
    body = _converter().unstructure(event)
    return _line({"event": type(event).__name__, **body})


def save(timeline: Timeline, file: TextIO) -> None:
    """Writes the whole run."""
    file.write(dump_header(timeline.header) + "\n")
    file.writelines(dump_event(event) + "\n" for event in timeline.events)


def load_header(line: str, name: str) -> Header:
    """Reads the first line. Raises `BadRecording`."""
    try:
        body = _parsed(line)
    except ValueError as error:
        why = _("not a sockviz recording: the first line is not JSON ({error})").format(error=error)
        raise BadRecording(f"{name}:1: {why}") from None
    if not isinstance(body, dict) or "sockviz" not in body:
        raise BadRecording(f"{name}:1: " + _("not a sockviz recording: the first line has no «sockviz» key"))
    version = body.pop("sockviz")
    if version != VERSION or isinstance(version, bool):
        version = str(version)[:40] if isinstance(version, int | float) else type(version).__name__
        other = _(
            "written in format {version}; this sockviz reads format {ours}. Play it with the sockviz that made it."
        )
        raise BadRecording(f"{name}:1: {other.format(version=version, ours=VERSION)}")
    body["sockviz"] = body.pop("made_by", "")
    try:
        header = _converter().structure(body, Header)
    except Exception as error:  # cattrs raises whatever a field's own type raises, in groups
        raise BadRecording(
            f"{name}:1: " + _("a damaged header: {reason}").format(reason=_reason(error))
        ) from None
    return replace(header, path=_name(header.path))


def load_event(line: str) -> Event:
    """Reads one line after the first. Raises ValueError with the reason."""
    body = _parsed(line)
    if not isinstance(body, dict):
        raise ValueError("not an event: no JSON object")
    name = body.pop("event", None)
    kind = _EVENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"not an event of this format: «{str(name)[:40]}»")
    try:
        event: Event = _converter().structure(body, kind)
    except Exception as error:  # as above
        raise ValueError(_reason(error)) from None
    return event


def load(lines: Iterable[str], name: str, checks: Callable[[Header], Check] | None = None) -> Loaded:
    """Reads a recording. Raises `BadRecording` where not even the header can be read, and what `checks` raises of a header."""
    iterator: Iterator[str] = iter(lines)
    try:
        first = next(iterator, None)
    except ValueError as error:
        raise BadRecording(
            f"{name}:1: " + _("not a sockviz recording: {reason}").format(reason=error)
        ) from None
    if first is None:
        raise BadRecording(f"{name}: " + _("empty: a recording starts with a header line"))
    if _SURROGATE.search(first):
        raise BadRecording(f"{name}:1: " + _("not a sockviz recording: not UTF-8 text"))
    timeline = Timeline(load_header(first.removeprefix("\ufeff"), name))
    check = checks(timeline.header) if checks is not None else None
    tags = 0
    for number in count(2):
        try:
            line = next(iterator, None)
            if line is None:
                return Loaded(timeline, None)
            tags += line.count(_TAG)
            if tags > MOST_TAGS:
                raise ValueError(f"more than {MOST_TAGS} values")
            _append(timeline, line, check)
        except OSError as error:  # of the file: it was cut while it was read, or what it is on fails
            return Loaded(timeline, f"{name}:{number}: {_breaks_off(error.strerror or str(error))}")
        except ValueError as error:
            return Loaded(timeline, f"{name}:{number}: {_breaks_off(_one_line(str(error)))}")
        if not line.endswith("\n"):
            return Loaded(timeline, f"{name}:{number}: {_breaks_off(_('no end of line'))}")
    raise AssertionError  # count has no end


def _append(timeline: Timeline, line: str, check: Check | None) -> None:
    """Adds what `line` says. Raises ValueError with the reason where it says nothing that can have been."""
    if _SURROGATE.search(line):
        raise ValueError("not UTF-8 text")
    if len(line) > LONGEST_LINE:
        raise ValueError(_TOO_LONG)
    if line.count(_TAG) > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES} values in one line")
    if len(timeline) == MOST_EVENTS:
        raise ValueError(f"no more than {MOST_EVENTS} events are played")
    event = load_event(line)
    if check is not None:
        check(event, timeline.world)
    try:
        timeline.append(event)
    except (ArithmeticError, LookupError, RecursionError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


_TOO_LONG = f"a line of more than {LONGEST_LINE} bytes"


def _breaks_off(reason: str) -> str:
    return _("the recording breaks off here ({reason})").format(reason=reason)


def load_file(path: Path, checks: Callable[[Header], Check] | None = None) -> Loaded:
    """Reads a recording from a file. Raises as `load`, and as `sockviz.input_file` OSError."""
    with open_input(path, LARGEST_FILE) as file:
        return load(_lines(file, path), str(path), checks)


def _lines(file: BinaryIO, path: Path) -> Iterator[str]:
    """The file's lines. Raises ValueError where there is too much of one or of them, and OSError with the file's name."""
    read = looked = 0
    while True:
        try:
            line = file.readline(LONGEST_LINE + 1)
        except OSError as error:
            raise explained(error, path) from None
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise ValueError(_TOO_LONG)
        read += len(line)
        if read > LARGEST_FILE:  # it grows while it is read
            raise ValueError(f"more than {LARGEST_FILE} bytes")
        if read - looked > _LOOKED_EVERY:
            looked = read
            if memory.resident() > MOST_MEMORY:
                raise ValueError(
                    f"what comes before takes {MOST_MEMORY >> 20} MiB of memory, and more would be too much"
                )
        # What is not UTF-8 comes as surrogates, which `load` finds at their line: the events before can be played.
        yield line.decode("utf-8", "surrogateescape")


def _reason(error: BaseException) -> str:
    if isinstance(error, BadValue):
        return _one_line(str(error))
    reasons: list[str] = transform_error(error, path="event")
    return _one_line("; ".join(reasons[:3]))


def _one_line(text: str) -> str:
    """`text` as part of a sentence, whatever of the file stands in it."""
    line = "".join(
        c if c.isprintable() else f"\\x{ord(c):02x}" for c in " ".join(text[: 4 * _LONGEST_REASON].split())
    )
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"
