"""Text that wants to be obeyed, hidden or taken for something else, in every field that an event has or will have."""

from __future__ import annotations

import dataclasses
import types
import unicodedata
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from itertools import cycle
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import Event, LineTyped, PageOpened, ProcessStarted
from sockviz.model.lab_facts import LabFacts
from sockviz.model.sockets import RowKey
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import Address, ObjectValue, SocketValue, Value

#: Each begins with what must not arrive: where there is room for little, that is what is cut last.
PAYLOADS = (
    "\x1b]2;OWNED\x07",  # OSC: a window's title
    "\x1b]52;c;T1dORUQ=\x1b\\",  # OSC: the clipboard
    "\x1b[66mOWNED",  # CSI
    "\x9b66mOWNED",  # CSI as C1
    "\x1bP+q544e\x1b\\OWNED",  # DCS
    "\x90OWNED\x9c",  # DCS as C1
    "\nOWNED",
    "\r\nOWNED",
    "\x0b\x0c\x1c\x85OWNED",  # what str.splitlines takes for line ends
    "\u2028OWNED\u2029",
    "\x08\x08\x7fOWNED\x00",
    "\u202eDENWO\u202c",
    "\u2066OWNED\u2069",
    "\u200f\u061cOWNED",
    "\u200bOW\u2060N\ufeffED\u00ad",
    "a\u200dOWNED\u200c",
    "\U000e0041\U000e0042OWNED",
    "\udc9b66mOWNED",
    "\u3164\u034fOWNED",
    "\u0301\u0301OWNED",
)  # fmt: skip

LESSON = """---
title: A listener
summary: it listens
---

## Page

It asks.

```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(2)
```

```predict
What is it?
- `LISTEN`
- b
answer: server.s.state
```

```expect
server.s.state == "LISTEN"
```
"""
#: What a field holds that is not spoiled just now, by its name: enough for the event to be drawn.
_SAMPLES: Mapping[str, object] = {
    "process": "server", "host": "loopback", "sender": "server", "receiver": "kernel", "page": 0, "line": 11, "call": 1,
    "name": "listen", "function": "socket.socket.listen", "error": "EADDRINUSE", "number": 98, "pid": 2, "outer_pid": 4000,
    "verb": "deliver", "frame": 1, "entry": 1, "family": "AF_INET", "type": "SOCK_STREAM", "protocol": "TCP", "inode": 7,
    "fd": 3, "target": "socket:[7]", "at": 1_700_000_000.0, "choice": 0, "syscall": "accept4", "state": "S", "length": 3,
    "signal": "SIGKILL", "recv_q": 1, "send_q": 2, "cookie": 9,
    "PredictionMade.line": 16, "PredictionSettled.line": 16, "ExpectationJudged.line": 24,
    "VotesCounted.line": 16, "counts": (3, 4),
}  # fmt: skip
_SOCKET = SocketValue(7, 3, "AF_INET", "SOCK_STREAM", 6)


def events() -> tuple[type[Event], ...]:
    """Every kind of event that there is."""
    return get_args(Event)


def spoiled(kind: type[Event]) -> Iterator[tuple[str, Event]]:
    """Events of `kind`, each with one of its texts replaced by each payload: the path to it, and the event."""
    for payload in PAYLOADS:
        yield from _each_spoiled(kind, payload)


def spoiled_once(kind: type[Event], payloads: Iterator[str]) -> Iterator[tuple[str, Event]]:
    """The same, but each text by only one payload, the next of `payloads`."""
    for number in range(len(list(_each_spoiled(kind, "")))):
        yield list(_each_spoiled(kind, next(payloads)))[number]


@cache
def timeline(*, every: bool) -> Timeline:
    """A run with everything spoiled: by every payload, or, to be looked at event by event, each text once. Of the lines that were
    typed those are none by the lessons' grammar; some that are come before them. Who looks at it leaves it as it is.
    """
    lab = LabFacts(
        "isolated",
        ("packets", "counters"),
        ("loopback",),
        {"loopback": "127.0.0.1"},
        (8080, 8081, 8082, 8083, 8084),
    )
    run = Timeline(Header(parse_lesson(LESSON, "listener.md"), lab, "6.18.0", 1_700_000_000.0))
    run.append(PageOpened(1.0, 0))
    run.append(ProcessStarted(1.0, "server", 2, 4000, "loopback"))
    for number, payload in enumerate(PAYLOADS):
        run.append(LineTyped(1.0, "other", 100 + number, f"x = {payload!a}"))
    payloads = cycle(PAYLOADS)
    for kind in events():
        for _, event in spoiled(kind) if every else spoiled_once(kind, payloads):
            run.append(event)
    return run


def dangerous(text: str) -> list[str]:
    """What of `text` must not reach a terminal as itself. Written apart from `sockviz.visible`, from Unicode's categories."""
    hidden = {0x34F, 0x115F, 0x1160, 0x3164, 0xFFA0}
    return [
        ascii(c)
        for before, c in zip("\n" + text, text, strict=False)
        if (unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and c != "\n")
        or ord(c) in hidden
        or (unicodedata.category(c) == "Mn" and before in "\n ")
    ]


# --- how they are made ----------------------------------------------------------------------------------------


def _each_spoiled(kind: type, payload: str) -> Iterator[tuple[str, Any]]:
    whole = _made(kind)
    hints = get_type_hints(kind)
    for each in dataclasses.fields(kind):
        for path, value in _spoilt(hints[each.name], getattr(whole, each.name), payload):
            yield f"{kind.__name__}.{each.name}{path}", dataclasses.replace(whole, **{each.name: value})


def _made(hint: Any, name: str = "") -> Any:
    """Something of the type, with all that is optional there."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _made(next(it for it in arguments if it is not type(None)), name)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        own = {each.name: f"{hint.__name__}.{each.name}" for each in dataclasses.fields(hint)}
        return hint(
            **{short: _made(hints[short], full if full in _SAMPLES else short) for short, full in own.items()}
        )
    if origin is tuple:
        return (
            (_made(arguments[0], name),)
            if arguments[1:] == (...,)
            else tuple(_made(it, name) for it in arguments)
        )
    if origin is not None and issubclass(origin, Mapping):
        return {_made(arguments[0], "key"): _made(arguments[1], name)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if hint is Value:
        return _SOCKET
    if hint is Address:
        return ("127.0.0.1", 8080)
    if hint is RowKey:
        return ("cookie", 9)
    sample = _SAMPLES.get(name)
    return sample if type(sample) is hint else {str: "x", bool: False, int: 1, float: 1.0, bytes: b"x"}[hint]


def _spoilt(hint: Any, value: Any, payload: str) -> Iterator[tuple[str, Any]]:
    """Every way to put `payload` into something of the type."""
    origin, arguments = get_origin(hint), get_args(hint)
    raw = payload.encode("utf-8", "surrogateescape")
    if origin in (Union, types.UnionType):
        yield from _spoilt(next(it for it in arguments if it is not type(None)), value, payload)
    elif dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        for each in dataclasses.fields(hint):
            for path, part in _spoilt(hints[each.name], getattr(value, each.name), payload):
                yield f".{each.name}{path}", dataclasses.replace(cast("Any", value), **{each.name: part})
    elif origin is tuple:
        inner = [arguments[0]] * len(value) if arguments[1:] == (...,) else list(arguments)
        for at, (one, part) in enumerate(zip(inner, value, strict=True)):
            for path, spoilt in _spoilt(one, part, payload):
                yield f"[{at}]{path}", (*value[:at], spoilt, *value[at + 1 :])
    elif origin is not None and issubclass(origin, Mapping):
        ((key, part),) = value.items()
        yield "{}", {payload: part}
        for path, spoilt in _spoilt(arguments[1], part, payload):
            yield f"[]{path}", {key: spoilt}
    elif hint is Value:
        yield "(text)", payload
        yield "(bytes)", raw
        yield "(parts)", (payload, [raw], {payload: payload})
        yield "(object)", ObjectValue(payload, payload)
        yield "(socket)", SocketValue(7, 3, payload, payload, 6)
    elif hint is Address:
        yield "(tuple)", (payload, 80)
        yield "(text)", payload
        yield "(bytes)", b"\0" + raw
    elif hint is RowKey:
        yield "", (payload, 1)
    elif hint is str:
        yield "", payload
    elif hint is bytes:
        yield "", raw
