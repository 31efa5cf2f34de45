"""The rule `interrupts`: each call of the student's program that has fallen asleep is stopped and continued, once.

That is what Ctrl-Z and fg do, or a debugger. signal(7), «Interruption of system calls and library functions by stop signals»,
lists the calls that fail with EINTR then, though the program has no handler: epoll_wait, and with SO_RCVTIMEO or SO_SNDTIMEO set
accept, connect, recv and send in all their forms. A send, or a recv with MSG_WAITALL, that has moved a part gives that part. All
others go on as if nothing had been. It is the kernel that decides which (PTRACE_INTERRUPT does to a call what SIGSTOP does).

The same call made again at once, because it has failed so, is let sleep: a program that does the right thing would never be
done with it. Calls that are not watched (sleep, wait) are let be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sockviz.model.call import Call, Stage
from sockviz.model.process import Process

RULE = "interrupts"


class Interrupting:
    """Knows which calls are to be interrupted. `is_ruled`: whether any are."""

    def __init__(self, *, is_ruled: bool) -> None:
        self.is_ruled = is_ruled
        self._ordered: set[tuple[str, int]] = set()

    def is_due(self, process: Process, call: Call) -> bool:
        """Whether a call that sleeps has still to be interrupted."""
        return (
            self.is_ruled
            and call.stage is Stage.ASLEEP
            and not _was_interrupted(call)
            and not _is_made_again(process, call)
        )

    def take(self, processes: Iterable[Process]) -> Iterator[Call]:
        """The calls that are due and were not taken before."""
        for process in processes:
            for call in process.sleeping:
                place = (process.name, call.number)
                if place not in self._ordered and self.is_due(process, call):
                    self._ordered.add(place)
                    yield call


def _was_interrupted(call: Call) -> bool:
    return any(each.rule == RULE for each in call.treated)


def _is_made_again(process: Process, call: Call) -> bool:
    """Whether the last call of the same task was the same, and failed because of us."""
    before = next((each for each in reversed(process.calls) if each.task == call.task), None)
    return (
        before is not None
        and before.error == "EINTR"
        and _was_interrupted(before)
        and (before.name, before.arguments[:1]) == (call.name, call.arguments[:1])
    )
