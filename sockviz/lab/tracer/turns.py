"""The stops of calls that a loop makes again and again, taken in few steps: what is told of them is what was told before.

Whatever else there is to a stop (somebody is held or interrupted, a process is being made, something has changed) is for
`sockviz.lab.tracer.stops`, which is what these do, too, in more steps.
"""

from __future__ import annotations

import signal

from sockviz.lab.tracer import ptrace, values
from sockviz.lab.tracer.holding import Holding
from sockviz.lab.tracer.made import number as number_given
from sockviz.lab.tracer.made_again import Known
from sockviz.lab.tracer.population import Population
from sockviz.lab.tracer.ptrace import AT_EXIT, place, to_next_stop, to_return, value
from sockviz.lab.tracer.reports import Reports
from sockviz.lab.tracer.shorthand import ENTERED, FAILED, RETURNED, Repeated, Turn
from sockviz.lab.tracer.tasks import Call, Task

#: What waitpid says of a task that is at a call which the filter has selected, and of one at the return from it.
_ENTERS = ptrace.SECCOMP << 16 | int(signal.SIGTRAP) << 8 | 0x7F
_COMES_BACK = (int(signal.SIGTRAP) | 0x80) << 8 | 0x7F
#: Calls by which a socket comes to a name: it is asked for then.
NAMING = frozenset({"bind", "connect", "listen", "accept", "sendto"})
#: After which there is more to do than to tell of them.
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


class Turns:
    """Takes them."""

    def __init__(self, population: Population, reports: Reports, holding: Holding) -> None:
        self._population = population
        self._tasks = population.tasks
        self._reports = reports
        self._holding = holding

    def take(self, tid: int, status: int) -> bool:
        """Takes what waitpid says of a task. Returns False, with nothing done, where that is not such a stop."""
        task = self._tasks.get(tid)
        if task is None or task.interrupted:
            return False
        try:
            if status == _ENTERS:
                return task.call is None and self._enters(tid, task)
            return status == _COMES_BACK and task.call is not None and self._comes_back(tid, task, task.call)
        except ProcessLookupError:
            return True  # killed while we looked: its death comes by wait

    def _enters(self, tid: int, task: Task) -> bool:
        process = task.process
        if self._holding.is_for_anybody or process.family.is_short:
            return False
        known = task.memory.known.get(place(tid))
        if known is None or known.made is None:
            return False
        told = known.entry
        if told.repeated is None or not told.is_same(tid, process.descriptors.version):
            return False
        turn = told.turn
        if turn is None:
            turn = told.turn = Turn(ENTERED, process.name, task.number, told.repeated)
        if not self._population.has_more(process) or not self._reports.turn(turn):
            return False
        process.calls += 1
        task.call = call = Call(process.calls, known.made, known.place, known)
        call.is_turn = True
        to_return(tid)
        return True

    def _comes_back(self, tid: int, task: Task, call: Call) -> bool:
        if not call.is_turn or call.known is None or call.made.name in _MORE_TO_DO:
            return False
        operation, result = value(tid)
        turn = self._end(task, call, call.known, result) if operation == AT_EXIT else None
        if turn is None or not self._reports.turn(turn):
            return False
        task.call = None
        to_next_stop(tid)
        return True

    def _end(self, task: Task, call: Call, known: Known, result: int) -> Turn | None:
        """What says how a call has come back; None where it has to be looked at more closely."""
        number = ptrace.error_of(result)
        if number or call.made.gives is number_given:
            turn = known.results.get(result)
            if turn is None and number not in ptrace.RESTARTED and len(known.results) < _RESULTS:
                says, thing = (FAILED, failure(number)) if number else (RETURNED, result)
                turn = known.results[result] = Turn(says, task.process.name, task.number, thing)
            return turn
        end = known.end
        if end.repeated is None or not end.is_same(task.tid, task.process.descriptors.version, result):
            return None
        if end.turn is None:
            end.turn = Turn(RETURNED, task.process.name, task.number, end.repeated)
        return end.turn
