"""What child.py says of a process, as events of the model. Nothing else makes events of its words."""

from __future__ import annotations

from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.events import (
    CallEntered,
    CallHeld,
    CallInterrupted,
    CallLetGo,
    CallReturned,
    Caveat,
    Executed,
    OutputWritten,
    OverLimit,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    ThreadBegan,
    ThreadEnded,
    Treated,
)
from sockviz.model.sockets import ToldName
from sockviz.model.turns import Turns
from sockviz.model.values import BadValue, Json, Value, decode


@dataclass(frozen=True, slots=True)
class ProcessReady:
    """A process is ready (a forked child says so on its own channel). ``pid`` is its own getpid."""

    pid: int
    at: float


@dataclass(frozen=True, slots=True)
class LabLost:
    """The lab itself died, or was ended: nothing more will come."""

    reason: str


#: What a lab is heard to say, in the order of its words.
Heard: TypeAlias = (
    ProcessStarted
    | StatementBegun
    | CallEntered
    | CallHeld
    | CallLetGo
    | CallInterrupted
    | CallReturned
    | Turns
    | ThreadBegan
    | ThreadEnded
    | Executed
    | SourceMet
    | Signalled
    | ProcessStopped
    | OutputWritten
    | OverLimit
    | Caveat
    | Treated
    | StatementFinished
    | ProcessEnded
    | LabLost
)


def from_child(
    process: str, json: Json
) -> ProcessReady | StatementBegun | CallEntered | CallReturned | StatementFinished:
    """What `process` said. Raises `BadValue` where child.py says no such thing."""
    if not isinstance(json, dict):
        raise BadValue(f"not a message of a lesson process: {str(json)[:200]}")
    match json:
        case {"event": "hello", "pid": int(pid), "at": float(at)}:
            return ProcessReady(pid, at)
        case {"event": "begun", "line": int(line), "at": float(at)}:
            return StatementBegun(at, process, line, together=True)
        case {
            "event": "entered",
            "call": int(call),
            "line": int(line),
            "name": str(name),
            "function": str(function),
            "arguments": list(arguments),
            "keywords": dict(keywords),
            "at": float(at),
            **rest,
        }:
            values = tuple(decode(argument) for argument in arguments)
            named = {key: decode(value) for key, value in keywords.items()}
            watched = _watched(rest.get("watched"))
            return CallEntered(at, process, call, line, name, function, values, named, watched=watched)
        case {"event": "returned", "call": int(call), "at": float(at), **rest}:
            told = names_told(rest.get("told"))
            match rest:
                case {"error": str(error), "message": str(message)}:
                    number = rest.get("number")
                    number = number if isinstance(number, int) else None
                    return CallReturned(at, process, call, None, error, number, message, told)
            was, now = _option(rest.get("option"))
            value = decode(rest.get("value"))
            return CallReturned(at, process, call, value, told=told, option_was=was, option_is=now)
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
            return StatementFinished(at, process, line, names, numbers, error or None, message)
    raise BadValue(f"not a message of a lesson process: {str(json)[:200]}")


def _watched(json: Json) -> tuple[tuple[int, int], ...]:
    """What a poll object waits for. Raises `BadValue`."""
    found = []
    for each in json if isinstance(json, list) else ():
        match each:
            case [int(fd), int(events)]:
                found.append((fd, events))
            case _:
                raise BadValue(f"not a descriptor and its events: {str(each)[:80]}")
    return tuple(found)


def _option(json: Json) -> tuple[Value, Value]:
    """What getsockopt said before and after a call that sets an option. Raises `BadValue`."""
    match json:
        case None:
            return None, None
        case [was, now]:
            return decode(was), decode(now)
    raise BadValue(f"not an option before and after: {str(json)[:80]}")


def names_told(json: Json) -> tuple[ToldName, ...]:
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
