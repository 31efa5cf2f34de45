"""One event of a run as JSON that stands for itself, for who reads along; a recording's line says only what has changed."""

from __future__ import annotations

from dataclasses import replace

from sockviz.model.call import Call
from sockviz.model.events import CallEntered, CallReturned, Event, Observed, PacketCaptured
from sockviz.model.fields import writer
from sockviz.model.moment import Moment
from sockviz.model.sockets import RowKey
from sockviz.model.values import Json, encode
from sockviz.model.world import World
from sockviz.model.world_json import packet_json, row_json


def event_json(moment: Moment) -> dict[str, Json]:
    """The event of a moment: its kind, its fields, and of calls, rows and packets what `sockviz.model.world_json` says of one."""
    event = moment.event
    kind: dict[str, Json] = {"event": type(event).__name__, "at": event.at}
    match event:
        case CallEntered() | CallReturned():
            call = moment.call(event.process, event.call)
            if call is not None:
                return {
                    **kind,
                    "process": event.process,
                    "task": event.task,
                    "call": _call(call, moment.after),
                }
        case Observed():
            rest = _written(replace(event, rows=(), gone=()))
            return {
                **kind,
                **rest,
                "rows": [row_json(event.host, row) for row in event.rows],
                "gone": [_gone(moment, event.host, key) for key in event.gone],
            }
        case PacketCaptured():
            ends: dict[str, Json] = {"host": event.host, "sender": event.sender, "receiver": event.receiver}
            seen = moment.after.packets[-1:]
            if seen and seen[0].event is event:
                return {**kind, **ends, **packet_json(seen[0], moment.after.traffic)}
    return {**kind, **_written(event)}


def _call(call: Call, world: World) -> dict[str, Json]:
    source = world.texts.get(call.origin.text) if call.origin is not None else None
    return {
        "number": call.number,
        "name": call.name,
        "file": source.path if source is not None else None,
        "line": call.line,
        "library": call.library or None,
        "arguments": [encode(value) for value in call.arguments],
        "keywords": {name: encode(value) for name, value in call.keywords.items()},
        "stage": call.stage.value,
        "entered": call.entered,
        "slept": call.slept,
        "value": encode(call.value),
        "error": call.error,
        "message": call.message,
    }


def _written(event: Event) -> dict[str, Json]:
    written: dict[str, Json] = writer(type(event))(event)
    return written


def _gone(moment: Moment, host: str, key: RowKey) -> Json:
    row = moment.before.rows.get((host, key))
    return row_json(host, row) if row is not None else None
