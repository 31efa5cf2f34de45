"""How long `check` waits for a call: until its deadline, or until nothing is left that could wake it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import field

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.language import N_
from sockviz.model.call import Call, Stage
from sockviz.model.linux.options import option_of
from sockviz.model.linux.signals import SIGNALS
from sockviz.model.process import Process, Task
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.words.caveats import ALARM

#: A call that has not returned after this is a problem in `check`, which alone enforces deadlines.
DEADLINE = 10.0
#: Nothing at all having happened for this long, a call that nothing can wake is given up. Where all packets cross within one
#: network, and nobody else's, sooner, once the kernel says that everybody sleeps: nothing is on its way then.
STILLNESS, STILLNESS_WITHIN = 1.0, 0.4
#: A process in one of these states of /proc/PID/stat does nothing until somebody sends it SIGCONT.
STOPPED = ("T", "t")
#: System calls that wake by themselves when their time is up; `restart_syscall` is one of them that goes on after a stop.
TIMED = frozenset({
    "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2", "clock_nanosleep",
    "nanosleep", "futex", "rt_sigtimedwait", "restart_syscall",
})  # fmt: skip
#: Signals by whose handlers a program has itself woken: those of alarm and setitimer, and those that a timer of its may send
#: (timer_create). Bits, of signal N bit N - 1.
WAKING = sum(
    1 << number - 1
    for number in (*(SIGNALS[name] for name in ("SIGALRM", "SIGUSR1", "SIGUSR2", "SIGIO")), *range(34, 65))
)
#: Calls that give a socket or a process a time limit of its own, setsockopt but for these options.
TIMING = frozenset({"settimeout", "setsockopt", "alarm", "setitimer"})
TIMELESS = frozenset({
    "SO_REUSEADDR", "SO_REUSEPORT", "SO_RCVBUF", "SO_SNDBUF", "SO_BROADCAST", "TCP_NODELAY", "IPV6_V6ONLY",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class EndlessWait:
    """Which call a line's process did not come back from, and why it was given up: after so many seconds, or (None) because
    nothing was left that could wake it. ``call``: its name, and the line that made it where that is known."""

    process: str
    call: tuple[str, int | None] | None
    is_stopped: bool
    after: float | None

    def told(self, translated: Callable[[str], str] = str) -> str:
        """In a sentence: in English, as `check` speaks, or `translated`."""
        name, line = self.call or ("", None)
        forms = {
            "line": N_("{process} is still in {call}() of line {line}"),
            "call": N_("{process} is still in {call}()"),
            "": N_("{process} is still in an earlier line"),
            "stopped": N_("{where}, stopped by a signal"),
            "after": N_("{where} after {seconds:.0f} s: this line cannot be performed"),
            "still": N_("{where}, and nothing is left that could wake it: this line waits for itself"),
        }
        which = "" if not name else "call" if line is None else "line"
        where = translated(forms[which]).format(process=self.process, call=name, line=line)
        if self.is_stopped:
            where = translated(forms["stopped"]).format(where=where)
        if self.after is None:
            return translated(forms["still"]).format(where=where)
        return translated(forms["after"]).format(where=where, seconds=self.after)


class Stuck(Exception):
    """A line's process did not come back. The message says from which call, and why it was given up; so does `wait`, in any
    language."""

    def __init__(self, statement: Statement, wait: EndlessWait) -> None:
        super().__init__(wait.told())
        self.statement = statement
        self.wait = wait


@dataclass(slots=True)
class Patience:
    """Watches one wait at a time. `check` is called every few dozen milliseconds while a line is waited for; `clock` is asked
    what time it is."""

    deadline: float = DEADLINE
    clock: Callable[[], float] = time.monotonic
    _line: int = 0
    _since: float = 0.0
    _events: int = 0
    _heard: float = field(default=0.0)

    def check(self, statement: Statement, timeline: Timeline, are_asleep: Callable[[], bool]) -> None:
        """Raises `Stuck` when waiting for `statement` has no more sense. `are_asleep` asks the kernel about all processes."""
        now = self.clock()
        if statement.line != self._line:
            self._line, self._since = statement.line, now
            self._events, self._heard = len(timeline), now
        if len(timeline) != self._events:
            self._events, self._heard = len(timeline), now
        world = timeline.world
        process = world.processes.get(statement.process)
        if now - self._since > self.deadline:
            raise Stuck(statement, _wait(statement.process, process, self.deadline))
        still = STILLNESS_WITHIN if timeline.header.lab.kind == "isolated" else STILLNESS
        if now - self._heard > still and not could_wake(world) and are_asleep():
            raise Stuck(statement, _wait(statement.process, process))


def _wait(name: str, process: Process | None, after: float | None = None) -> EndlessWait:
    call = process.current if process is not None else None
    if process is None or call is None:
        return EndlessWait(name, None, False, after)
    return EndlessWait(name, (call.name, call.line), process.state in STOPPED, after)


def _goes_on(task: Task) -> bool:
    """Whether it runs, or sleeps in a call that comes back by itself."""
    if not task.calls or any(call.stage is not Stage.ASLEEP for call in task.calls):
        return True
    return any(
        call.asleep is None or call.asleep.syscall is None or call.asleep.syscall in TIMED
        for call in task.calls
    )


def _may_be_signalled(task: Task) -> bool:
    """Whether it sleeps where a signal may come that it sends itself, and that it has a handler for."""
    return any(call.asleep is not None and (call.asleep.caught or 0) & WAKING for call in task.calls)


def _limits_time(call: Call) -> bool:
    """Whether a call of `TIMING` may have something come back by itself."""
    if call.name != "setsockopt" or len(call.arguments) < 3:
        return True
    option = option_of(call.arguments[1], call.arguments[2])
    return option is None or option.name not in TIMELESS


def could_wake(world: World) -> bool:
    """Whether anything in the lab can still happen by itself: a process that runs, a timer, a time limit."""
    for process in world.processes.values():
        is_program = bool(process.command)  # a student's, which needs no line to go on
        if not process.alive or (process.line is None and not is_program):
            continue
        if process.state in STOPPED or process.stopped is not None:
            continue
        if any(_goes_on(task) for task in process.tasks if is_program or task.line is not None):
            return True
        if is_program and (ALARM in process.caveats or any(map(_may_be_signalled, process.tasks))):
            return True
        if any(_limits_time(made) for made in process.calls if made.name in TIMING):
            return True
    return any(row.timer is not None and row.timer.value != "timewait" for row in world.rows.values())
