"""What a tracer says of programs, as events of the model. Nothing else makes events of its words."""

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
    OverLimit,
    ProcessEnded,
    ProcessStarted,
    ProcessStopped,
    Signalled,
    ThreadEnded,
    Treated,
)
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.values import BadValue, Json


@dataclass(frozen=True, slots=True)
class TracerHere:
    """The tracer is there; of its pidfd a copy came along."""


@dataclass(frozen=True, slots=True)
class ProgramStarted:
    """A process is there. ``pid`` is the lab's number of it; of its pidfd, where there is one, a copy came along."""

    at: float
    process: str
    pid: int
    parent: str | None
    has_pidfd: bool

    def begun(self, outer_pid: int, host: str) -> ProcessStarted:
        """As an event."""
        return ProcessStarted(self.at, self.process, self.pid, outer_pid, host, self.parent)


@dataclass(frozen=True, slots=True)
class ThreadStarted:
    """A process has a further thread. ``tid`` is the lab's number of it."""

    at: float
    process: str
    task: int
    tid: int


@dataclass(frozen=True, slots=True)
class ProgramRefused:
    """A program could not be started: the kernel did not let it be traced or executed, or the run has no ``room`` for it."""

    name: str
    errno: int
    step: str


@dataclass(frozen=True, slots=True)
class TracingRefused:
    """Programs run, and cannot be traced: the kernel said that errno."""

    errno: int


@dataclass(frozen=True, slots=True)
class ProcRefused:
    """Programs find the machine's processes in /proc, not their own: the kernel said that errno."""

    errno: int


@dataclass(frozen=True, slots=True)
class ProgramsOver:
    """Every process has ended, of as many programs as were to be started by then."""

    started: int


@dataclass(frozen=True, slots=True)
class LookWanted:
    """A task waits where it is until somebody has looked (`sockviz.lab.tracer.looks`)."""

    process: str
    task: int


@dataclass(frozen=True, slots=True)
class ToldSoFar:
    """All that had happened when that was asked for has been told of."""


TracerSaid: TypeAlias = (
    TracerHere
    | ProgramStarted
    | ThreadStarted
    | ThreadEnded
    | ProgramRefused
    | TracingRefused
    | ProcRefused
    | ProgramsOver
    | ToldSoFar
    | LookWanted
    | CallEntered
    | CallHeld
    | CallLetGo
    | CallInterrupted
    | CallReturned
    | Executed
    | Signalled
    | ProcessStopped
    | OverLimit
    | Caveat
    | Treated
    | ProcessEnded
)


def from_tracer(json: Json) -> TracerSaid:
    """What a tracer said, but of calls entered and come back (`sockviz.lab.tracer_shorthand`). Raises `BadValue` where it says
    no such thing."""
    if not isinstance(json, dict):
        raise BadValue(f"not a message of a tracer: {str(json)[:200]}")
    match json:
        case {
            "event": "held",
            "at": float(at),
            "process": str(process),
            "task": int(task),
            "call": int(call),
        }:
            return CallHeld(at, process, call, task)
        case {
            "event": "let go",
            "at": float(at),
            "process": str(process),
            "task": int(task),
            "call": int(call),
        }:
            return CallLetGo(at, process, call, task)
        case {
            "event": "interrupted",
            "at": float(at),
            "process": str(process),
            "task": int(task),
            "call": int(call),
            "over": bool(over),
        }:
            return CallInterrupted(at, process, call, task, over)
        case {
            "event": "treated", "at": float(at), "process": str(process), "task": int(task), "call": int(call),
            "rule": str(rule), **rest,
        }:  # fmt: skip
            return Treated(
                at, rule, process, call, task, _count(rest.get("allowed")), _count(rest.get("wanted"))
            )
    return _of_process(json)


def _of_process(json: Json) -> TracerSaid:
    match json:
        case {
            "event": "started", "at": float(at), "process": str(process), "pid": int(pid), "parent": str() | None as parent,
            "has_pidfd": bool(has_pidfd),
        }:  # fmt: skip
            return ProgramStarted(at, process, pid, parent, has_pidfd)
        case {
            "event": "thread",
            "at": float(at),
            "process": str(process),
            "task": int(task),
            "tid": int(tid),
        }:
            return ThreadStarted(at, process, task, tid)
        case {"event": "thread over", "at": float(at), "process": str(process), "task": int(task)}:
            return ThreadEnded(at, process, task)
        case {"event": "executed", "at": float(at), "process": str(process), "arguments": list(arguments)}:
            return Executed(at, process, tuple(map(str, arguments)))
        case {
            "event": "signalled",
            "at": float(at),
            "process": str(process),
            "task": int(task),
            "signal": str(signal),
        }:
            return Signalled(at, process, signal, task)
        case {"event": "stopped", "at": float(at), "process": str(process), "signal": str() | None as by}:
            return ProcessStopped(at, process, by)
        case {"event": "ended", "at": float(at), "process": str(process), "signal": str(signal)}:
            return ProcessEnded(at, process, None, signal)
        case {"event": "ended", "at": float(at), "process": str(process), "exit_code": int(code)}:
            return ProcessEnded(at, process, code)
        case {"event": "full", "at": float(at), "process": str(process)}:
            return OverLimit(at, process, MOST_PROCESSES)
        case {"event": "caveat", "at": float(at), "process": str(process), "what": str(what)}:
            return Caveat(at, process, what)
        case {
            "event": "refused",
            "name": str(name),
            "errno": int(number),
            "step": "trace" | "execute" | "room" as step,
        }:
            return ProgramRefused(name, number, step)
        case {"event": "untraced", "errno": int(number)}:
            return TracingRefused(number)
        case {"event": "hello"}:
            return TracerHere()
        case {"event": "proc", "errno": int(number)}:
            return ProcRefused(number)
        case {"event": "over", "started": int(started)}:
            return ProgramsOver(started)
        case {"event": "look", "process": str(process), "task": int(task)}:
            return LookWanted(process, task)
        case {"event": "told"}:
            return ToldSoFar()
    raise BadValue(f"not a message of a tracer: {str(json)[:200]}")


def _count(json: Json) -> int | None:
    return json if type(json) is int else None
