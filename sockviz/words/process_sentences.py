"""What a call gave that is about processes: children, signals, limits."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.linux.names import named, signal_name
from sockviz.model.linux.signals import DISPOSITIONS
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words.number_kinds import Number, number_name
from sockviz.words.shown import show


def process_sentence(call: Call, world: World) -> str:
    """What `call`, which returned, gave; empty where its sentence is another's."""
    match call.name, call.value:
        case "signal", int(before) if call.arguments and isinstance(call.arguments[0], int):
            now = call.arguments[1] if len(call.arguments) > 1 else None
            if isinstance(now, int):
                return _("sets what {signal} does to {now}: before it was {before}").format(
                    signal=signal_name(call.arguments[0]), now=named(now, DISPOSITIONS),
                    before=named(before, DISPOSITIONS),
                )  # fmt: skip
            return _("sets what {signal} does: before it was {before}").format(
                signal=signal_name(call.arguments[0]), before=named(before, DISPOSITIONS)
            )
        case "waitpid", (0, _):
            child = next((p.name for p in world.processes.values() if (p.pid,) == call.arguments[:1]), None)
            if child is not None:
                return _("returns 0: {child} has not ended yet, and WNOHANG has it not wait").format(
                    child=child
                )
            return _("returns 0: no child has ended yet, and WNOHANG has it not wait")
        case "setrlimit", _ if len(call.arguments) > 1:
            return _("sets {limit}").format(limit=_limit(call.arguments[0], call.arguments[1]))
        case "getrlimit", list() | tuple() if call.arguments:
            return _("says {limit}").format(limit=_limit(call.arguments[0], call.value))
        case "waitpid", (int(pid), int(status)) if pid:
            return _waited_for(pid, status, world)
        case "fork", 0:
            return _("returns 0: this is the child")
        case "fork", int(pid):
            return _("returns the child's pid, {pid}").format(pid=pid)
    return ""


def _limit(resource: Value, given: Value) -> str:
    """``RLIMIT_NOFILE: 64 now, 128 at most``."""
    name = number_name(resource, Number.RESOURCE) if isinstance(resource, int) else None
    named = name or show(resource, 12)
    match given:
        case (int(soft), int(hard)):
            now, most = (_("no limit") if each < 0 else str(each) for each in (soft, hard))
            return _("{name}: {now} now, {most} at most").format(name=named, now=now, most=most)
    return f"{named}: {show(given, 40)}"


def _waited_for(pid: int, status: int, world: World) -> str:
    """What waitpid's two numbers mean: the low seven bits are a signal, the next byte what the child gave to exit (wait(2))."""
    child = next((p.name for p in world.processes.values() if p.pid == pid), str(pid))
    return (
        _("returns: {process} was ended by signal {signal}").format(
            process=child, signal=signal_name(status & 0x7F)
        )
        if status & 0x7F
        else _("returns: {process} ended with status {exit_code}").format(
            process=child, exit_code=status >> 8
        )
    )
