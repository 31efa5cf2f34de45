"""What happens to a program that is watched, beside its calls: held and let go, executed, signalled, what it prints."""

from __future__ import annotations

import posixpath
import shlex

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.events import (
    CallHeld,
    CallInterrupted,
    CallLetGo,
    Caveat,
    Executed,
    OutputWritten,
    OverLimit,
    ProcessStopped,
    Signalled,
    SourceMet,
    ThreadBegan,
    ThreadEnded,
    Treated,
)
from sockviz.model.tasks import task_name
from sockviz.model.world import World
from sockviz.words.caveats import caveat
from sockviz.words.shown import show
from sockviz.words.wording import bytes_text, call_as_made
from sockviz.words.worst_kernel import treatment

#: The standard streams by their descriptors, as they are called everywhere.
STREAMS = {1: "stdout", 2: "stderr"}


def of_program(
    event: CallHeld
    | CallLetGo
    | CallInterrupted
    | ThreadBegan
    | ThreadEnded
    | Executed
    | SourceMet
    | Signalled
    | ProcessStopped
    | OutputWritten
    | OverLimit
    | Caveat
    | Treated,
    world: World,
) -> str:
    """One sentence without a full stop."""
    match event:
        case CallHeld():
            return _("{task} is held before {call}").format(
                task=task_name(event.process, event.task), call=_call(event, world)
            )
        case CallLetGo():
            return _("{task} is let go: {call}").format(
                task=task_name(event.process, event.task), call=_call(event, world)
            )
        case CallInterrupted():
            told = (
                _("{task} goes on with {call}")
                if event.over
                else _("{task} is interrupted in {call} by its handler")
            )
            return told.format(task=task_name(event.process, event.task), call=_call(event, world))
        case ThreadBegan():
            return _("{task} begins, a further thread").format(task=task_name(event.process, event.task))
        case ThreadEnded():
            return _("{task} ends, a thread").format(task=task_name(event.process, event.task))
        case Executed():
            return _("{process} runs {command}").format(
                process=event.process, command=shlex.join(event.arguments)
            )
        case SourceMet():
            return _("{file} is where calls are made").format(file=posixpath.normpath(event.path))
        case Signalled():
            return _("{task} is delivered {signal}").format(
                task=task_name(event.process, event.task), signal=event.signal
            )
        case ProcessStopped(signal=None):
            return _("{process} goes on: SIGCONT came").format(process=event.process)
        case ProcessStopped():
            return _(
                "{process} is stopped by {signal}: it does nothing more until somebody sends it SIGCONT"
            ).format(process=event.process, signal=event.signal)
        case OutputWritten():
            told = _("{process} prints on {stream}: {data}").format(
                process=event.process,
                stream=STREAMS.get(event.stream, event.stream),
                data=show(event.data, 60),
            )
            more = _("{amount} more are not kept").format(amount=bytes_text(event.unkept))
            return f"{told}; {more}" if event.unkept else told
        case OverLimit():
            return _("{process} is refused another process (EAGAIN): a run has {most} at a time").format(
                process=event.process, most=event.most
            )
        case Caveat():
            return caveat(event)
        case Treated():
            flight = (
                world.link.flight_of(event.frame)
                if world.link is not None and event.frame is not None
                else None
            )
            packet = world.packet_text(flight.packet) if flight is not None else _("a packet")
            return treatment(event, _call(event, world) if event.call else "", packet)


def place_of(call: Call, world: World) -> str:
    """Where in the user's own source a call is made: ``server.py:12``; that a library makes it: ``library socketserver.py:466``;
    nothing where neither is known."""
    if call.library:
        return _("library {place}").format(place=call.library.rpartition("/")[2])
    origin = call.origin
    text = world.texts.get(origin.text) if origin is not None else None
    return f"{text.path.rpartition('/')[2]}:{origin.line}" if origin is not None and text is not None else ""


def _call(event: CallHeld | CallLetGo | CallInterrupted | Treated, world: World) -> str:
    process = world.processes.get(event.process)
    call = process.call(event.call) if process is not None else None
    return call_as_made(call) if call is not None else _("a call")
