"""The processes and threads that are traced: how each comes to be, executes, and ends; and how many there may be."""

from __future__ import annotations

import errno
import os
import struct

from sockviz.lab.tracer import caveats, ptrace, values
from sockviz.lab.tracer.caveats import AUDIT_64_BIT, CLONE_FILES, TABLES
from sockviz.lab.tracer.descriptors import CallDescriptors
from sockviz.lab.tracer.image import outer_pid
from sockviz.lab.tracer.memory import peek
from sockviz.lab.tracer.reports import Reports
from sockviz.lab.tracer.tasks import Family, TracedProcess, TracedTask
from sockviz.model.limits import MOST_CALLS, MOST_PROCESSES

#: Threads of all processes together, at a time.
MOST_TASKS = 1024


class Population:
    """All traced tasks, by number; what happens to them is said to `reports`. ``left``: so much may be told yet of what they do;
    ``makers``: those that are about to make a process, or a thread."""

    def __init__(self, reports: Reports) -> None:
        self.tasks: dict[int, TracedTask] = {}
        self._reports = reports
        self._early: dict[int, int] = {}  # stops of tasks that their makers' events have not told of yet
        self.makers: set[TracedTask] = set()
        self.left = MOST_CALLS

    @property
    def is_full(self) -> bool:
        """Whether nothing more is told of but ends: programs go on unseen."""
        return self.left <= 0

    def may_tell(self, process: TracedProcess) -> bool:
        """Whether there is room for one more thing that a process does. Says once that there is none any more."""
        if self.is_full or not process.told:
            return False
        self.left -= 1
        if not self.left:
            self._reports.say("caveat", process=process.name, what="full")
        return True

    def add(self, pid: int, family: Family) -> None:
        """A program's first process, which has yet to execute it."""
        self.tasks[pid] = TracedTask(pid, self._process(pid, family, None), 0)

    def find(self, tid: int, status: int) -> TracedTask | None:
        """The task that has stopped. None where its maker's event is still to come: waitpid has no order in time."""
        task = self.tasks.get(tid)
        if task is None:
            self._early[tid] = status
        else:
            self.makers.discard(task)
        return task

    @property
    def has_room(self) -> bool:
        """Whether there may be another process."""
        more = len(self.makers)
        processes = {each.process for each in self.tasks.values()}
        return len(self.tasks) + more < MOST_TASKS and len(processes) + more < MOST_PROCESSES

    def about_to_make(self, task: TracedTask, flags: int) -> None:
        """It calls fork or clone, with these `flags`: where there are too many, that fails as where an administrator has set a
        limit."""
        task.makes = flags
        if self.has_room:
            self.makers.add(task)
            return
        ptrace.refuse(task.tid, errno.EAGAIN)
        if not task.process.is_refused:
            task.process.is_refused = True
            self._reports.say("full", process=task.process.name)

    def _process(
        self, pid: int, family: Family, parent: TracedProcess | None, *, shares: bool = False
    ) -> TracedProcess:
        family.processes += 1
        name = family.name if family.processes == 1 else f"{family.name}_{family.processes}"
        pidfd = ptrace.pidfd_open(pid)
        if parent is None:
            known = CallDescriptors(pidfd)
        else:
            known = parent.descriptors.share(pidfd) if shares else parent.descriptors.copy(pidfd)
        return TracedProcess(pid, name, family, pidfd, known, is_first=parent is None)

    def made(self, task: TracedTask, new: int, *, may_be_thread: bool) -> int | None:
        """A process, or what `may_be_thread`, that `task` has made. Returns its first stop, where that has come already."""
        parent = task.process
        pidfd = ptrace.pidfd_open(new)
        # kernel/fork.c, kernel_clone: the maker of a thread has PTRACE_EVENT_CLONE, and so has that of a process without SIGCHLD.
        # A process may have no pidfd, too: EMFILE, ENFILE.
        if may_be_thread and pidfd is None and os.WIFSTOPPED(self._early.get(new, 0x7F)):
            parent.threads += 1
            self.tasks[new] = TracedTask(new, parent, parent.threads)
            if not task.makes & CLONE_FILES:
                self.note(parent, TABLES)
            if self.may_tell(parent):
                self._reports.say("thread", process=parent.name, task=parent.threads, tid=new)
        else:
            if pidfd is not None:
                os.close(pidfd)
            process = self._process(new, parent.family, parent, shares=bool(task.makes & CLONE_FILES))
            process.source = parent.source
            self.tasks[new] = TracedTask(new, process, 0)
            if self.may_tell(parent):
                self._tell_start(process, parent.name)
        return self._early.pop(new, None)

    def _tell_start(self, process: TracedProcess, parent: str | None) -> None:
        process.told = True
        self._reports.say(
            "started", process.pidfd, process=process.name, pid=process.pid, parent=parent, has_pidfd=process.pidfd is not None
        )  # fmt: skip

    def executed(self, task: TracedTask, former: int) -> None:
        """A process has become another program: of its tasks this one is left, whichever it was."""
        process = task.process
        for other in [each for each in self.tasks.values() if each.process is process and each is not task]:
            if other.tid == former:
                task.call, task.interrupted, task.handlers, task.held = None, [], 0, False
                task.looked_at = False
            del self.tasks[other.tid]
        process.descriptors = process.descriptors.alone(process.pidfd)
        process.descriptors.forget_all()
        process.source = None
        task.memory.clear()
        if not process.told and process.is_first:
            self._tell_start(process, None)
        if not self.may_tell(process):
            return
        stack, arch = _at_its_beginning(process)
        self._reports.say("executed", process=process.name, arguments=_command_of(process.pid, stack, arch))
        process.caveats.clear()
        self.note(process, caveats.of_program(process.pidfd, arch))

    def about_to_unshare(self, task: TracedTask) -> None:
        """It takes descriptors of its own: those that it has, and nobody else's from now on."""
        process = task.process
        if any(each.process is process and each is not task for each in self.tasks.values()):
            self.note(process, TABLES)
        else:
            process.descriptors = process.descriptors.alone(process.pidfd)

    def note(self, process: TracedProcess, what: str | None) -> None:
        """Says, once of a program, what of it is out of sight; None: nothing is."""
        if what is not None and what not in process.caveats and self.may_tell(process):
            process.caveats.add(what)
            self._reports.say("caveat", process=process.name, what=what)

    def ended(self, tid: int, status: int) -> None:
        """A task is gone."""
        self._early.pop(tid, None)
        task = self.tasks.pop(tid, None)
        if task is None:
            return
        self.makers.discard(task)
        process = task.process
        if tid != process.pid:
            if self.may_tell(process):
                self._reports.say("thread over", process=process.name, task=task.number)
            return
        if process.told:
            self._reports.ended(process.name, status)
        elif process.is_first:
            self._refused(process.family)
        if process.is_first:
            os.close(process.family.failure)
        if process.pidfd is not None:
            process.descriptors.leave(process.pidfd)
            os.close(process.pidfd)
            process.pidfd = None

    def _refused(self, family: Family) -> None:
        """It ended before it had become the program."""
        try:
            why = os.read(family.failure, 4)
        except BlockingIOError:
            why = b""
        number = struct.unpack("i", why)[0] if len(why) == 4 else 0
        self._reports.say("refused", name=family.name, errno=number, step="execute")


def is_caught(process: TracedProcess, number: int) -> bool:
    """Whether a process has a handler for a signal. In a lab /proc has other numbers than ours: its pidfd says which."""
    if process.pidfd is None:
        return False
    try:
        pid = outer_pid(process.pidfd)
        with open(f"/proc/{pid}/status", "rb") as file:
            mask = int(file.read().partition(b"\nSigCgt:")[2].split(None, 1)[0], 16)
    except (OSError, ValueError, IndexError):
        return False
    return bool(mask >> number - 1 & 1)


def _at_its_beginning(process: TracedProcess) -> tuple[int, int]:
    """The stack pointer and the architecture of a process that has just executed a program."""
    _op, arch, _instruction, stack, *_rest = ptrace.call_info(process.pid)
    return stack, arch


def _command_of(pid: int, stack: int, arch: int) -> list[str]:
    """What it executes: at the beginning of a program its arguments stand on its stack, as wide as the machine's words."""
    word = "Q" if arch & AUDIT_64_BIT else "I"
    size = struct.calcsize(word)
    (count,) = struct.unpack(word, peek(pid, stack, size).ljust(size, b"\0"))
    pointers = peek(pid, stack + size, size * min(count, values.ITEMS))
    told = []
    for (address,) in struct.iter_unpack(word, pointers[: len(pointers) // size * size]):
        told.append(peek(pid, address, 256).split(b"\0")[0].decode("utf-8", "surrogateescape"))
    return told
