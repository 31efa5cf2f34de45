"""How a program came to its end, or that it did not: an uncaught exception, a signal, a status that is not the one expected."""

from __future__ import annotations

import ast
from collections import Counter

from sockviz.language import _
from sockviz.lesson.document import YOU
from sockviz.lesson.families import living
from sockviz.model.call import Call, Stage
from sockviz.model.events import Caveat, OutputWritten
from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.long_values import whole_of
from sockviz.model.process import Process
from sockviz.model.timeline import Timeline
from sockviz.pattern import pattern
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.flows import WRITES
from sockviz.words.mistakes.sleepers import wait_of
from sockviz.words.programs import place_of

_ERROR_STREAM = 2
_BEGINS = "Traceback (most recent call last):"
_ERRNO = pattern(r"\[Errno (\d{1,4})\]")
_FRAME = pattern(r'^  File "(.+)", line (\d+)')
#: Calls that come back when their time is over.
_TIMED = frozenset({"poll", "select", "epoll_wait"})
#: Signals that a program is sent for what its own instructions do (signal(7)).
_FAULTS = frozenset({"SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT"})
#: A line that has been come to so often is in a loop that has no end. Among so many of the last calls one is looked for.
_MANY = 5
#: So many calls back the one is looked for that an exception tells of: when Python ends it closes what was open.
_BACK = 100
#: So much of an exception is told (characters).
_LONGEST = 200


def said_on_error(timeline: Timeline, process: str) -> str:
    """What a program has written to its standard error."""
    parts = [
        event.data
        for event in timeline.events
        if isinstance(event, OutputWritten) and event.process == process and event.stream == _ERROR_STREAM
    ]
    told = b"".join(part for part in map(whole_of, parts) if isinstance(part, bytes))
    return told.decode("utf-8", "backslashreplace").strip()


def crashed(case: Case) -> Advice | None:
    """That an exception of Python's, which is no call's error, has ended the program; or a fault of its own instructions."""
    for process in case.programs:
        if process.signal in _FAULTS:
            return Advice(
                _("{process} was ended by {signal}; its last call was {call}").format(
                    process=process.name, signal=process.signal, call=case.made(process.last)
                )
                if process.last is not None
                else _("{process} was ended by {signal}, before any call on a socket").format(
                    process=process.name, signal=process.signal
                ),
                _("built with -fsanitize=address, or run in gdb, it names the line of the fault"),
            )
        if process.alive or process.status == 0:
            continue
        place, error = _uncaught(said_on_error(case.timeline, process.name))
        if place and not _is_of_a_call(error, process):
            return _of_exception(process, place, error)
    return None


def out_of_sight(case: Case) -> Advice | None:
    """That the wall around hand-ins has ended it (`sockviz.lab.tracer.fence`), and not a filter of its own."""
    filtering = {
        event.process
        for event in case.timeline.events
        if isinstance(event, Caveat) and event.what == "filter"
    }
    for process in case.programs:
        if process.signal == "SIGSYS" and process.name not in filtering:
            return Advice(
                _("{process} was ended by SIGSYS: it made a call of 32 bits (int 0x80, x32), which nobody would see").format(
                    process=process.name
                ),
                _("build it as a program of 64 bits, and have the C library make its calls"),
            )  # fmt: skip
    return None


def timed_out(case: Case) -> Advice | None:
    """That a time limit of Python's (settimeout) has run out, which is no error of any call."""
    for process in case.programs:
        place, error = _uncaught(said_on_error(case.timeline, process.name))
        if process.alive or not place or not error.startswith("TimeoutError") or _ERRNO.search(error):
            continue
        made = (
            call
            for call in process.calls[-_BACK:]
            if call.name in WRITES and place_of(call, case.world) == place
        )
        if any(made):
            return Advice(
                _("the time of its socket (settimeout) was over at {place} before the other end had taken all: a TimeoutError, "
                  "which nothing catches").format(place=place),
                _("sendall has that time for all its bytes, however slow the reader is: leave settimeout out, or give it more"),
            )  # fmt: skip
        return Advice(
            _("the time of its socket (settimeout) was over at {place}, and nothing had come: a TimeoutError, which nothing "
              "catches").format(place=place),
            _("wait without a limit for what may come late; or catch TimeoutError, and do what the task says then"),
        )  # fmt: skip
    return None


def crashed_at_a_call(case: Case) -> Advice | None:
    """The same, where the exception was raised by the line that made the program's last call of its own: as by a time limit."""
    for process in case.programs:
        place = place_of_crash(case.timeline, process)
        last = next(
            (
                call
                for call in reversed(process.calls[-_BACK:])
                if call.origin is not None and call.name != "close"
            ),
            None,
        )
        if place and last is not None and place_of(last, case.world) == place:
            return crashed(case)
    return None


def place_of_crash(timeline: Timeline, process: Process) -> str:
    """``server.py:12``, where an exception has ended it; empty where none has."""
    return _uncaught(said_on_error(timeline, process.name))[0] if not process.alive else ""


def _uncaught(said: str) -> tuple[str, str]:
    """Where in the student's own file, and what, an exception was of which a traceback was printed last."""
    traceback = said.rpartition(_BEGINS)
    if not traceback[1]:
        return "", ""
    lines = traceback[2].split("\n")
    frames = [found for line in lines if (found := _FRAME.match(line)) is not None]
    own = [each for each in frames if each[1].startswith("./") or "/./" in each[1]] or frames[:1]
    error = next((line for line in reversed(lines) if line and not line[0].isspace()), "")
    return (f"{own[-1][1].rpartition('/')[2]}:{own[-1][2]}", error) if own and error else ("", "")


def _is_of_a_call(error: str, process: Process) -> bool:
    """Whether an exception says what a call of the program has failed with."""
    number = _ERRNO.search(error)
    return number is not None and any(
        call.error is not None and ERRNOS.get(call.error) == int(number[1]) for call in process.calls[-_BACK:]
    )


def uncaught(case: Case) -> Advice | None:
    """That an exception has ended the program, whichever."""
    for process in case.programs:
        place, error = _uncaught(said_on_error(case.timeline, process.name))
        if place and not process.alive:
            return _of_exception(process, place, error)
    return None


def _of_exception(process: Process, place: str, error: str) -> Advice:
    return Advice(
        _("an exception that nothing catches has ended {process}, at {place}: {error}").format(
            process=process.name, place=place, error=error[:_LONGEST]
        ),
        _("what comes after {place} was never done: mend that line, or catch what it raises").format(
            place=place
        ),
    )


def wrong_status(case: Case) -> Advice | None:
    """Where the expectation is of an exit status: that it has another one, or none yet."""
    for process, wanted in _statuses(case):
        if process.status == wanted:
            continue
        if process.alive:
            return _still_runs(case, process, wanted)
        last = process.last
        return Advice(
            _("{process} has come to its end by itself; its last call was {call}").format(
                process=process.name, call=case.made(last)
            )
            if last is not None
            else _("{process} has come to its end without any call on a socket").format(process=process.name),
            _(
                "let it end with exit status {status} there: sys.exit({status}) in Python, return {status} from main in C"
            ).format(status=wanted),
        )
    return None


def left_running(case: Case) -> Advice | None:
    """Where an exit status is expected: that the program has ended with it, and what it has forked has not."""
    for process, wanted in _statuses(case):
        left = living(case.world, process)
        if process.alive or process.status != wanted or not left:
            continue
        call = left[0].current
        does = (
            _("sleeps in {call}").format(call=case.made(call))
            if call is not None and call.stage is Stage.ASLEEP
            else _("runs on")
        )
        return Advice(
            _(
                "{process} has ended, but {child}, which it has forked, {does}: the program goes on in the background"
            ).format(process=process.name, child=left[0].name, does=does),
            _(
                "a program has ended when all of it has: let what it forks end, too, and wait for that (waitpid), or do not fork"
            ),
        )
    return None


def _still_runs(case: Case, process: Process, wanted: object) -> Advice:
    call = process.current
    is_asleep = call is not None and call.stage is Stage.ASLEEP and not has_limit(case, call)
    told = goes_on(case, process, _MANY) if not is_asleep else None
    if told is not None:
        return Advice(
            told,
            _("count, or look for the end, and leave that loop, then end with exit status {status}").format(
                status=wanted
            ),
        )
    if call is not None and call.stage is Stage.ASLEEP:
        return Advice(
            _("{process} sleeps in {call}, and nothing more comes").format(
                process=process.name, call=case.made(call)
            ),
            _("leave the loop once all is done, and let the program end with exit status {status}").format(
                status=wanted
            ),
        )
    return Advice(
        _("{process} runs on, and is in no call on a socket").format(process=process.name),
        _("let it come to its end once all is done, with exit status {status}").format(status=wanted),
    )


def has_limit(case: Case, call: Call) -> bool:
    """Whether a call that sleeps comes back by itself."""
    wait = wait_of(call, case.world)
    return wait.has_limit if wait is not None else call.name in _TIMED


def is_on_its_way(case: Case, process: Process) -> bool:
    """Whether it comes to a line again and again, woken by time limits: where it is as the run ends hangs on the moment."""
    last = process.calls[-_MANY:] if process.current is None else [process.current]
    return any(has_limit(case, call) for call in last) and goes_on(case, process, _MANY) is not None


def goes_on(case: Case, process: Process, times: int) -> str | None:
    """Which line a process has come to again and again, so many `times` at least, of those that its last few calls are made by:
    of several that have as many, wherever in its loop it is, the first."""
    counted = Counter(call.origin for call in process.calls if call.origin is not None)
    recent = {call.origin: call for call in process.calls[-_MANY:] if call.origin is not None}
    most = max((counted[origin] for origin in recent), default=0)
    if most < times:
        return None
    often = [origin for origin in recent if counted[origin] >= most - 1]
    made = recent[min(often, key=lambda origin: (origin.text, origin.line))]
    return _("{process} goes on and on: it has come to {call} again and again").format(
        process=process.name, call=case.made(made)
    )


def _statuses(case: Case) -> list[tuple[Process, object]]:
    """Of which runs of the program which exit statuses are expected."""
    found: list[tuple[Process, object]] = []
    for node in case.nodes:
        match node:
            case ast.Compare(
                left=ast.Attribute(value=ast.Name(id=name), attr="status"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value=int(wanted))],
            ):
                name = case.exercise.you if name == YOU else name
                if name in case.world.processes:
                    found.append((case.world.processes[name], wanted))
    return found
