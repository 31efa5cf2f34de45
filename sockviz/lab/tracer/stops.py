"""What a stop of a traced task means, and what is said of it: a call entered, held, returned, interrupted; a signal."""

from __future__ import annotations

import signal
import struct

from sockviz.lab.tracer import caveats, ptrace, short, values
from sockviz.lab.tracer.data_calls import CALLS as DATA
from sockviz.lab.tracer.holding import Holding
from sockviz.lab.tracer.looks import Looks
from sockviz.lab.tracer.made import CallEntry, Made
from sockviz.lab.tracer.made import number as number_given
from sockviz.lab.tracer.made_again import CallUnderWay, Known
from sockviz.lab.tracer.memory import CallReading
from sockviz.lab.tracer.numbers import Machine
from sockviz.lab.tracer.pieces import RULE
from sockviz.lab.tracer.population import Population, is_caught
from sockviz.lab.tracer.reports import Reports
from sockviz.lab.tracer.shorthand import ENTERED, FAILED, NAMED, RETURNED
from sockviz.lab.tracer.socket_calls import CALLS as SOCKET
from sockviz.lab.tracer.sources import LineFinder
from sockviz.lab.tracer.tasks import TracedProcess, TracedTask
from sockviz.lab.tracer.turns import NAMING, failure
from sockviz.lab.tracer.waiting_calls import CALLS as WAITING
from sockviz.lab.wait_status import signal_name

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any


#: waitpid: of a task that has stopped; and the signal by which it says that it is at a call (PTRACE_O_TRACESYSGOOD).
_STOPPED, _AT_CALL = 0x7F, int(signal.SIGTRAP) | 0x80
DECODERS = {**SOCKET, **DATA, **WAITING}
#: What reading a program's values may raise, where they are such that nobody thought of.
_NONSENSE = (ArithmeticError, LookupError, TypeError, ValueError, struct.error)
#: Signals that stop a process until SIGCONT.
_STOPPING = frozenset({signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU})


class Stops:
    """The stops of all traced tasks. `holding` is asked at each entry whether the task has to wait; it is then ``held``, and not
    let run."""

    def __init__(self, reports: Reports, machine: Machine, holding: Holding) -> None:
        self.population = Population(reports)
        self._reports = reports
        self._machine = machine
        self._holding = holding
        self._short = short.Short()
        self._looks = Looks()
        self._decoders = {number: DECODERS[name] for name, number in machine.watched.items()}
        self._names = {number: name for name, number in (machine.watched | machine.ending).items()}
        self._making = frozenset(machine.making.values())
        self._noted = {number: name for name, number in (machine.making | machine.noted).items()}
        self._unsharing = machine.noted["unshare"]

    def went(self, tid: int, status: int) -> None:
        """Takes what waitpid says of a task."""
        if status & 0xFF != _STOPPED:
            self.population.ended(tid, status)
            return
        task = self.population.find(tid, status)
        if task is None:
            return
        number, event = status >> 8 & 0xFF, status >> 16
        is_signal = not event and number != _AT_CALL
        if task.interrupted and task.interrupted[-1].is_over and not is_signal:
            self._interrupted(task)
        try:
            if event == ptrace.SECCOMP:
                self._entered(task)
            elif number == _AT_CALL:
                self._at_call(task)
            elif event in (ptrace.FORK, ptrace.VFORK, ptrace.CLONE):
                new = ptrace.message(tid)
                early = self.population.made(task, new, may_be_thread=event == ptrace.CLONE)
                if early is not None:
                    self.went(new, early)
                self.go_on(task)
            elif event == ptrace.EXEC:
                self.population.executed(task, ptrace.message(tid))
                self.go_on(task)
            elif event == ptrace.STOP:
                self._group_stop(task, number)
            else:
                task.new = False
                self._signalled(task, number)
        except ProcessLookupError:
            pass  # killed while we looked: its death comes by wait

    def go_on(self, task: TracedTask, signal_number: int = 0) -> None:
        """Lets a stopped task run to what comes next."""
        ptrace.go_on(
            task.tid, to_next_call=task.call is not None or bool(task.interrupted), signal=signal_number
        )

    # --- calls --------------------------------------------------------------------------------------------------------

    def _entered(self, task: TracedTask) -> None:
        """Where the filter has selected a call, before it is made."""
        info = ptrace.call_info(task.tid)
        number, arguments = info[4], info[5:11]
        if info[1] != self._machine.arch:
            self.population.note(task.process, caveats.of_narrow_call(task.process.caveats))
            self.go_on(task)
            return
        if number in self._noted:
            self.population.note(task.process, caveats.of_call(task.tid, self._noted[number], arguments))
            if number in self._making:
                self.population.about_to_make(
                    task, caveats.clone_flags(task.tid, self._noted[number], arguments)
                )
            elif number == self._unsharing and arguments[0] & caveats.CLONE_FILES:
                self.population.about_to_unshare(task)
            self.go_on(task)
            return
        if task.process.family.is_short and self._is_to_be_seen(task, number, arguments):
            self._wait_for_a_look(task)
            return
        place = (number, *arguments, info[3])
        if task.interrupted and self._is_resumed(task, place):
            self._treat(task, place, again=True)
            self.go_on(task)
            return
        if self.population.is_full or not self._tells_entry(task, place, ptrace.place()):
            self.go_on(task)
            return
        self._treat(task, place)
        if self._holding.holds(task):
            task.held = True
            self._say("held", task, call=task.call.number if task.call else 0)
        else:
            self.go_on(task)

    def _tells_entry(self, task: TracedTask, place: tuple[int, ...], key: bytes) -> bool:
        """Tells of a call that is entered, where it is about anything that is watched."""
        known = task.memory.find(key)
        made, told = self._entry_again(task, place, known) if known is not None else self._entry(task, place)
        if not made or not self.population.may_tell(task.process):
            return False
        for waiting in task.interrupted:
            if not waiting.is_told:  # now that something is told of what its handler does
                waiting.is_told = True
                self._say("interrupted", task, call=waiting.number, over=False)
        task.process.calls += 1
        task.call = CallUnderWay(task.process.calls, made, place, known)
        self._tell(ENTERED, task, task.call, told)
        return True

    def _entry_again(self, task: TracedTask, place: tuple[int, ...], known: Known) -> tuple[Made | None, Any]:
        """What is told of a call that is entered, and was before: the same, where nothing has changed."""
        descriptors = task.process.descriptors
        version = descriptors.version
        repeated = known.entry.again(version)
        if repeated is not None:
            return known.made, repeated
        known.end.forget()  # how it is read follows from what was passed
        if not known.entry.is_learning:
            return self._entry(task, place)
        with CallReading(task.tid) as reading:
            made, told = self._entry(task, place)
        if descriptors.version == version:
            known.made, known.place = made, place
            known.entry.keep(told, reading, version)
        return made, told

    def _entry(self, task: TracedTask, place: tuple[int, ...]) -> tuple[Made | None, Any]:
        """What is told of a call that is entered, and where that is; nothing where it is about nothing that is watched."""
        process = task.process
        made = self._made(place[0], CallEntry(task.tid, place[1:7], process.descriptors))
        if not made:
            return None, None
        told = {
            "name": made.name,
            "function": made.function,
            "arguments": made.arguments,
            "keywords": made.keywords,
        }
        if made.watched is not None:
            told["watched"] = made.watched
        if process.source is None:
            process.source = LineFinder(process.pidfd)
            if process.source.is_not_known:
                self.population.note(process, caveats.NO_LINES)
        where, made.is_at_import = process.source.place(task.tid, place[-1])
        told.update(where)
        return made, told

    def _made(self, number: int, entry: CallEntry) -> Made | None:
        """What is told of a call; its name alone, where what the program has handed over cannot even be told."""
        decode = self._decoders.get(number)
        try:
            return decode(entry) if decode is not None else None
        except _NONSENSE:
            return Made(self._names[number], "", [])

    def _treat(self, task: TracedTask, place: tuple[int, ...], *, again: bool = False) -> None:
        """Does to a call that is entered what the rules of its program say, and tells of it the first time."""
        if task.call is None or not task.process.family.is_short:
            return
        cut = self._short.enters(task, self._names[place[0]], place)
        if not again:
            self._tell_cut(task, task.call, cut)

    def _is_to_be_seen(self, task: TracedTask, number: int, arguments: tuple[int, ...]) -> bool:
        """Whether somebody is to look before a call is made, at what was cut short."""
        name = self._names.get(number, "")
        return self._looks.before(task.tid, name, arguments[0], self._short.ended_by(task, name, arguments))

    def _wait_for_a_look(self, task: TracedTask) -> None:
        task.looked_at = True
        self._say("look", task)
        self._reports.send()

    def looked(self, process: str, number: int) -> None:
        """Has a task go on, of which that was waited for: it is stopped where a call has come back, or is entered."""
        for task in self.population.tasks.values():
            if task.looked_at and (task.process.name, task.number) == (process, number):
                task.looked_at = False
                if ptrace.call_info(task.tid)[0] == ptrace.AT_EXIT:
                    self.go_on(task)
                else:
                    self._entered(task)
                return

    def _tell_cut(self, task: TracedTask, call: CallUnderWay, cut: tuple[int, int] | None) -> None:
        if cut is not None:
            self._say("treated", task, call=call.number, rule=RULE, allowed=cut[0], wanted=cut[1])

    def interrupt(self, process: str, number: int, call: int) -> None:
        """Stops a task in its call, where it is in it still; it goes on at once."""
        for task in self.population.tasks.values():
            if (task.process.name, task.number) == (process, number):
                if task.call is not None and task.call.number == call and not task.held:
                    self._say("treated", task, call=call, rule="interrupts")
                    ptrace.interrupt(task.tid)
                return

    def let_go(self, task: TracedTask) -> None:
        """Has a held task make its call."""
        task.held = False
        if task.call is not None:
            self._say("let go", task, call=task.call.number)
        self.go_on(task)

    def _at_call(self, task: TracedTask) -> None:
        """At the return of a call that is told of; or at any call's entry or return, while one is interrupted."""
        info = ptrace.call_info(task.tid)
        if info[0] == ptrace.AT_EXIT:
            if task.call is not None:
                result, place = values.signed(info[4], 64), task.call.place
                moved, name = None, self._names[place[0]]
                if task.process.family.is_short:
                    cut, moved = self._short.leaves(task, name, place, result)
                    self._tell_cut(task, task.call, cut)
                self._returned(task, task.call, result)
                if moved is not None and self._looks.after(task.tid, name, place[1], moved):
                    self._wait_for_a_look(task)
                    return
            elif task.returns and task.interrupted and values.signed(info[4], 64) == -ptrace.INTERRUPTED:
                # What rt_sigreturn has restored is what the interrupted call gives.
                self._interrupted(task)
            task.returns = False
        elif info[0] == ptrace.AT_ENTRY and info[4] == self._machine.sigreturn:
            task.returns = True
            task.handlers = max(0, task.handlers - 1)
        elif info[0] == ptrace.AT_ENTRY and info[4] == self._machine.restart and task.interrupted:
            self._resumed(task)
        self.go_on(task)

    def _returned(self, task: TracedTask, call: CallUnderWay, result: int) -> None:
        task.call = None
        number = ptrace.error_of(result)
        if call.made.name == "close":
            task.process.descriptors.forget(int(call.place[1]))  # another thread may have asked meanwhile
        if number in ptrace.RESTARTED or number == ptrace.INTERRUPTED:
            # The signal is about to be delivered, and is told of first.
            call.is_over = number == ptrace.INTERRUPTED
            call.is_turn = False
            if call.known is not None:
                call.known.entry.turn = None  # this one is kept: the next one that is a turn is another
            call.handlers = task.handlers
            task.interrupted.append(call)
            return
        if number:
            self._failed(task, call, number)
        elif call.made.name in NAMING:
            value, fd = _given(call, result), result if call.made.name == "accept" else int(call.place[1])
            name = task.process.descriptors.name(fd)
            self._tell(NAMED, task, call, {"value": value, "told": [name] if name is not None else []})
        else:
            self._tell(RETURNED, task, call, self._given_again(task, call, result))

    def _given_again(self, task: TracedTask, call: CallUnderWay, result: int) -> Any:
        """What a call gives: read, or known from before."""
        known, descriptors = call.known, task.process.descriptors
        if call.made.gives is number_given:
            return result
        if known is None or known.made is not call.made:
            return _given(call, result)
        version = descriptors.version
        repeated = known.end.again(version, result)
        if repeated is not None:
            return repeated
        if not known.end.is_learning:
            return _given(call, result)
        with CallReading(task.tid) as reading:
            value = _given(call, result)
        if descriptors.version == version:
            known.end.keep(value, reading, version, result)
        return value

    def _failed(self, task: TracedTask, call: CallUnderWay, number: int) -> None:
        self._tell(FAILED, task, call, failure(number))

    def _is_resumed(self, task: TracedTask, place: tuple[int, ...]) -> bool:
        """Whether the call that is entered is one that a signal had interrupted: it was entered before, and each handler has come
        back since. Where one has not, it has jumped (siglongjmp), and this is another call from the same place."""
        for call in reversed(task.interrupted):
            if call.place == place and call.handlers == task.handlers:
                while task.interrupted[-1] is not call:
                    self._interrupted(task)
                self._resumed(task)
                return True
        while task.interrupted and place[-1] >= task.interrupted[-1].place[-1]:
            task.handlers = task.interrupted[-1].handlers
            self._interrupted(task)  # its stack is left
        return False

    def _resumed(self, task: TracedTask) -> None:
        """The kernel goes on with the call that was interrupted last, or makes it again."""
        task.call = task.interrupted.pop()
        if task.call.is_told:
            task.call.is_told = False
            self._say("interrupted", task, call=task.call.number, over=True)

    def _interrupted(self, task: TracedTask) -> None:
        """The call that was interrupted last comes to nothing."""
        self._failed(task, task.interrupted.pop(), ptrace.INTERRUPTED)

    # --- signals ------------------------------------------------------------------------------------------------------

    def _group_stop(self, task: TracedTask, number: int) -> None:
        if number in _STOPPING and not task.new:
            self._stands_still(task.process, signal_name(number))
            ptrace.stay(task.tid)
            return
        if not task.new:
            self._stands_still(task.process, None)  # or it was interrupted, and was not stopped before
        task.new = False
        self.go_on(task)

    def _stands_still(self, process: TracedProcess, by: str | None) -> None:
        """All tasks of a process stop, or go on; each of them comes here."""
        if process.stopped != by:
            process.stopped = by
            if self.population.may_tell(process):
                self._reports.say("stopped", process=process.name, signal=by)

    def _signalled(self, task: TracedTask, number: int) -> None:
        """It is about to be delivered a signal."""
        if self.population.may_tell(task.process):
            self._say("signalled", task, signal=signal_name(number))
        if task.interrupted and task.interrupted[-1].is_over:
            self._interrupted(task)
        if not task.interrupted:
            task.handlers = 0
        elif is_caught(task.process, number):
            task.handlers += 1
        self.go_on(task, number)

    def _say(self, event: str, task: TracedTask, **parts: Any) -> None:
        self._reports.say(event, process=task.process.name, task=task.number, **parts)

    def _tell(self, says: int, task: TracedTask, call: CallUnderWay, thing: Any) -> None:
        self._reports.call(says, task.process.name, task.number, call.number, thing)


def _given(call: CallUnderWay, result: int) -> Any:
    """What a call gives; its register, where what it has written cannot be read."""
    try:
        return call.made.gives(result)
    except _NONSENSE:
        return result
