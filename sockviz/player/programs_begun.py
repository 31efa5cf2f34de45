"""What programs of the user's own are given when they begin, and why one could not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.tracing import ROOM, TRACING
from sockviz.language import _, said_by_system
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.programs import Program


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What programs are given: their environment and working directory, and an open file for the first one's standard input.
    Those that are ``fenced`` are kept to themselves (`sockviz.lab.tracer.fence`)."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: str = field(default_factory=os.getcwd)
    stdin: int | None = None
    fenced: bool = False


class NotStarted(Exception):
    """A program could not be started. ``program`` is which, the message why."""

    def __init__(self, program: Program, why: str) -> None:
        super().__init__(why)
        self.program = program


def why_not_started(refusal: LabRefused) -> str:
    """Why a program could not be started, and what can be done about it."""
    error = said_by_system(refusal.number) if refusal.number else str(refusal)
    if refusal.step == ROOM:
        return _("a run has {most} processes at a time").format(most=MOST_PROCESSES)
    if refusal.step != TRACING:
        return error
    try:
        traced = re.search(r"^TracerPid:\s*([1-9]\d*)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    except OSError:
        traced = None
    if traced is not None:
        return _(
            "{error}: sockviz itself is traced, by process {pid} (strace -f, a debugger), and no program can be by two"
        ).format(error=error, pid=traced[1])
    return _(
        "{error}: this machine lets nobody trace (ptrace), not even what one has started; see the sysctl "
        "kernel.yama.ptrace_scope, or the sandbox that this runs in"
    ).format(error=error)


def lacking(outer_proc: str | None, untraced: str | None) -> Iterator[str]:
    """What is not as usual about programs, a sentence each: why they find the machine's processes in /proc, and why their calls
    are not watched, where that is so."""
    if outer_proc is not None:
        yield _(
            "ps, pgrep and whatever else reads /proc show programs the processes of the whole machine, under other numbers: "
            "a /proc of the lab's own cannot be mounted here ({error})"
        ).format(error=outer_proc)
    if untraced is not None:
        yield _(
            "the calls of programs cannot be watched here ({error}): what the kernel says of them is shown"
        ).format(error=untraced)
