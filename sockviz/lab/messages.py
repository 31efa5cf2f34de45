"""What a lab tells the player: typed messages, made from the JSON of init.py and child.py in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sockviz.model.sockets import ToldName
from sockviz.model.values import BadValue, Json, Value, decode


@dataclass(frozen=True, slots=True)
class Hello:
    """A process is ready (a forked child says so on its own channel). ``pid`` is its own getpid."""

    process: str
    pid: int
    at: float


@dataclass(frozen=True, slots=True)
class Entered:
    """A process is about to make a call."""

    process: str
    call: int
    line: int
    name: str
    function: str
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]
    at: float


@dataclass(frozen=True, slots=True)
class Returned:
    """A call came back, with a value or an error."""

    process: str
    call: int
    value: Value
    error: str | None
    number: int | None
    message: str
    at: float
    told: tuple[ToldName, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A line is done."""

    process: str
    line: int
    bound: Mapping[str, Value]
    fds: Mapping[str, int]
    error: str | None
    message: str
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A process is gone."""

    process: str
    exit_code: int | None
    signal: str | None
    at: float


@dataclass(frozen=True, slots=True)
class LabLost:
    """The lab itself died; nothing more will come."""

    reason: str


Message: TypeAlias = Hello | Entered | Returned | Finished | Ended | LabLost


def from_child(process: str, json: Json) -> Message:
    """One message of child.py. Raises `BadValue` where it is not one."""
    if not isinstance(json, dict):
        raise BadValue(f"not a message of a lesson process: {str(json)[:200]}")
    match json:
        case {"event": "hello", "pid": int(pid), "at": float(at)}:
            return Hello(process, pid, at)
        case {
            "event": "entered",
            "call": int(call),
            "line": int(line),
            "name": str(name),
            "function": str(function),
            "arguments": list(arguments),
            "keywords": dict(keywords),
            "at": float(at),
        }:
            values = tuple(decode(argument) for argument in arguments)
            named = {key: decode(value) for key, value in keywords.items()}
            return Entered(process, call, line, name, function, values, named, at)
        case {
            "event": "returned",
            "call": int(call),
            "at": float(at),
            "error": str(error),
            "message": str(message),
        }:
            number = json.get("number")
            told = _told(json.get("told"))
            return Returned(
                process, call, None, error, number if isinstance(number, int) else None, message, at, told
            )
        case {"event": "returned", "call": int(call), "at": float(at)}:
            value = decode(json.get("value"))
            return Returned(process, call, value, None, None, "", at, _told(json.get("told")))
        case {
            "event": "finished",
            "line": int(line),
            "bound": dict(bound),
            "fds": dict(fds),
            "error": str(error),
            "message": str(message),
            "at": float(at),
        }:
            names = {name: decode(value) for name, value in bound.items()}
            numbers = {name: fd for name, fd in fds.items() if isinstance(fd, int)}
            return Finished(process, line, names, numbers, error or None, message, at)
    raise BadValue(f"not a message of a lesson process: {str(json)[:200]}")


def _told(json: Json) -> tuple[ToldName, ...]:
    """What getsockname said after a call. Raises `BadValue`."""
    if json is None:
        return ()
    if not isinstance(json, list):
        raise BadValue(f"not names of sockets: {str(json)[:80]}")
    return tuple(_told_name(each) for each in json)


def _told_name(json: Json) -> ToldName:
    match json:
        case [int(inode), int(fd), [str(host), int(port), *rest]]:
            return ToldName(inode, fd, (host, port, *(part for part in rest if isinstance(part, int))))
    raise BadValue(f"not a socket's name: {str(json)[:80]}")
