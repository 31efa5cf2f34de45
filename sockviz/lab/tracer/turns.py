"""The stops of calls that a loop makes again and again, taken in few steps: what is told of them is what was told before.

Whatever else there is to a stop (somebody is held or interrupted, a process is being made, something has changed) is for
`sockviz.lab.tracer.stops`, which is what these do, too, in more steps.
"""

from __future__ import annotations

import os
import signal
import time

from sockviz.lab.tracer import memory, ptrace, values
from sockviz.lab.tracer.holding import Holding
from sockviz.lab.tracer.made import number as number_given
from sockviz.lab.tracer.made_again import CallUnderWay, Known
from sockviz.lab.tracer.population import Population
from sockviz.lab.tracer.reports import MOST_TURNS, Reports
from sockviz.lab.tracer.shorthand import ENTERED, FAILED, RETURNED, Repeated, Turn
from sockviz.lab.tracer.tasks import TracedTask

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from collections.abc import Iterable, Sized

#: What waitpid says of a task that is at a call which the filter has selected, and of one at the return from it.
_ENTERS = ptrace.SECCOMP << 16 | int(signal.SIGTRAP) << 8 | 0x7F
_COMES_BACK = (int(signal.SIGTRAP) | 0x80) << 8 | 0x7F
#: Calls by which a socket comes to a name: it is asked for then.
NAMING = frozenset({"bind", "connect", "listen", "accept", "sendto"})
#: At the end of which there is more to do than to tell of it.
_MORE_TO_DO = NAMING | {"close"}
#: So many results of one call have turns.
_RESULTS = 16
#: By its number, what is told of an error.
_FAILURES: dict[int, Repeated] = {}


def failure(number: int) -> Repeated:
    """What is told of an error."""
    found = _FAILURES.get(number)
    if found is None:
        found = _FAILURES[number] = Repeated(values.error(number))
    return found


class TurnTaking:
    """Takes them."""

    def __init__(self, population: Population, reports: Reports, holding: Holding) -> None:
        self._population = population
        self._reports = reports
        self._holding = holding

    def take(self, orders: Sized, options: int, times: Iterable[None]) -> tuple[int, int] | None:
        """Waits for stops (`options`: of waitpid) and takes them, as many `times`, until there are `orders`. Returns what waitpid
        says where that is no such stop, with nothing done."""
        # Most of what it costs to watch a program is this: names are looked up once, and nothing is called that need not be.
        waitpid, quickly, readv, now = os.waitpid, ptrace.quickly, memory.readv, time.time_ns
        operation, at_exit, returned, place = ptrace.operation, ptrace.AT_EXIT, ptrace.returned, ptrace.place
        population, reports, shorthand = self._population, self._reports, self._reports.shorthand
        tasks, is_held = population.tasks, self._holding.is_for_anybody
        stamps, turns, most = reports.stamps, reports.turns, MOST_TURNS
        # kernel/exit.c, do_wait: where tasks stop faster than they are taken, the bell, which rings for orders, is never come to.
        for _time in times:
            if orders:
                break
            tid, status = stop = waitpid(-1, options)
            task = tasks.get(tid)
            if task is None or task.interrupted:
                return stop
            call, process = task.call, task.process
            if call is None:
                if status != _ENTERS or is_held or quickly(*task.asks) == -1:
                    return stop
                known = task.memory.known.get(place())
                if known is None or known.entry.version != process.descriptors.version:
                    return stop
                turn, reading = known.entry.turn or self._beginning(task, known), known.entry.reading
                entered = known.call
            else:
                known = call.known
                if status != _COMES_BACK or known is None or not call.is_turn or quickly(*task.asks) == -1:
                    return stop
                if operation.value != at_exit:
                    return stop
                result = returned.value
                turn, reading = known.results.get(result) or self._number(task, known, result), None
                entered = None
                if turn is None:
                    end = known.end
                    if end.result != result or end.version != process.descriptors.version:
                        return stop
                    turn, reading = end.turn or self._end(task, known), end.reading
            if turn is None or (turn.age != shorthand.turns_age and not reports.introduce(turn)):
                return stop
            if reading is not None and (
                readv(*reading.asks) != reading.size or reading.read() != reading.content
            ):
                return stop
            if entered is not None:
                if population.left <= 1 or population.makers or not process.told:
                    return stop
                population.left -= 1
            stamps.append(now())
            turns.append(turn.number)
            if not reports.is_begun or len(turns) >= most:
                reports.stir()
            task.call = entered
            if entered is not None:
                entered.number = process.calls = process.calls + 1
                if quickly(*task.lets_return) == -1:
                    ptrace.go_on(tid, to_next_call=True)
            elif quickly(*task.lets_run) == -1:
                ptrace.go_on(tid)
        return None

    def _beginning(self, task: TracedTask, known: Known) -> Turn | None:
        """What says that a call is entered once more; None where that has to be looked at more closely."""
        told = known.entry
        if known.made is None or told.repeated is None or task.process.family.is_short:
            return None
        known.call = CallUnderWay(0, known.made, known.place, known)
        known.call.is_turn = known.made.name not in _MORE_TO_DO
        told.turn = Turn(ENTERED, task.process.name, task.number, told.repeated)
        return told.turn

    def _number(self, task: TracedTask, known: Known, result: int) -> Turn | None:
        """What says that a call has given a number, or has failed; None where it gives something else, or more than that is to be
        said."""
        number = ptrace.error_of(result)
        if not number and (known.made is None or known.made.gives is not number_given):
            return None
        if number in ptrace.RESTARTED or number == ptrace.INTERRUPTED or len(known.results) >= _RESULTS:
            return None
        says, thing = (FAILED, failure(number)) if number else (RETURNED, result)
        turn = known.results[result] = Turn(says, task.process.name, task.number, thing)
        return turn

    def _end(self, task: TracedTask, known: Known) -> Turn | None:
        """What says that a call has come back with what it gave the last time."""
        told = known.end
        if told.repeated is not None:
            told.turn = Turn(RETURNED, task.process.name, task.number, told.repeated)
        return told.turn
