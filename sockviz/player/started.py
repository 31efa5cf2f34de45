"""Programs of the user's own that were started in a lab: their tracers, and what they print."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from sockviz.lab.lab import Lab
from sockviz.lab.outputs import Outputs
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.tracing import TRACING, Tracing
from sockviz.language import said_by_system
from sockviz.model.events import OutputWritten
from sockviz.model.programs import Program
from sockviz.player.programs_begun import NotStarted, Surroundings, why_not_started


class TracingLab(Lab, Protocol):
    """A lab in which programs can be watched."""

    @property
    def readers(self) -> Readers:
        """What it reads on the event loop."""

    async def tracing(self, host: str) -> Tracing:
        """What starts programs on `host`, and watches them. Raises `LabRefused`."""

    def meets(self, path: str) -> None:
        """Has the text of a program be known from now on, whether a call will name it or not."""

    def say(self, event: OutputWritten) -> None:
        """Adds to what is heard."""

    def run_delays(self) -> Mapping[int, float]:
        """For how long each process of the lab, by its number on this machine, could have run and had no CPU (seconds): of the
        first few, of what watches them, and of this one."""

    def signal(self, process: str, number: int) -> None:
        """Sends a signal to a program's process, unless that has ended."""


class Started:
    """The programs of one run, and a tracer for each host."""

    def __init__(self, lab: TracingLab) -> None:
        self._lab = lab
        self._tracings: dict[str, Tracing] = {}
        self._names: set[str] = set()
        self._early: list[OutputWritten] = []
        self.outputs = Outputs(lab.readers, self._printed)

    @property
    def tracings(self) -> Sequence[Tracing]:
        """Their tracers."""
        return tuple(self._tracings.values())

    @property
    def over(self) -> bool:
        """Whether every program has ended."""
        return all(tracing.over for tracing in self._tracings.values())

    async def start(
        self,
        program: Program,
        around: Surroundings,
        *,
        holds: bool = False,
        kernel: Sequence[str] = (),
        look: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Starts one, held at its calls where it `holds`; `kernel` has the rules by which it is treated (see
        `sockviz.words.worst_kernel`), and `look` has somebody look where one of these asks for it. Raises `NotStarted`, and
        `LabRefused` where nothing can be watched here."""
        tracing = await self._tracing(program.host, holds)
        streams = [] if around.stdin is None else [around.stdin]
        try:
            if not streams:
                streams.append(os.open("/dev/null", os.O_RDONLY))
            for number in (1, 2):
                streams.append(self.outputs.open(program.name, number))
            await tracing.start(
                program,
                around.environment,
                around.directory,
                streams,
                kernel,
                fenced=around.fenced,
                look=look,
            )
            self._has_started(program)
        except LabRefused as refusal:
            raise NotStarted(program, why_not_started(refusal)) from None
        except OSError as error:  # EMFILE, ENFILE: no pipe for what it prints
            raise NotStarted(program, said_by_system(error)) from None
        finally:
            for fd in streams:
                os.close(fd)

    async def interrupt(self, host: str, process: str, task: int, call: int) -> None:
        """Stops a task of a program in that call, where it is in it still, and has it go on. Raises `LabRefused`."""
        await self._tracings[host].interrupt(process, task, call)

    async def _tracing(self, host: str, holds: bool) -> Tracing:
        if host not in self._tracings:
            self._tracings[host] = tracing = await self._lab.tracing(host)
            if holds:
                await tracing.hold(True)
        return self._tracings[host]

    @property
    def untraced(self) -> str | None:
        """Why the calls of programs are not watched, though they run; None where they are."""
        number = self.untraced_errno
        return why_not_started(LabRefused(TRACING, number)) if number else None

    @property
    def untraced_errno(self) -> int:
        """The errno with which tracing was refused, 0 where it was not."""
        return next((tracing.untraced for tracing in self.tracings if tracing.untraced), 0)

    @property
    def outer_proc(self) -> str | None:
        """Why programs find the machine's processes in /proc instead of their own; None where they find these."""
        number = next((each.outer_proc for each in self.tracings if each.outer_proc), 0)
        return said_by_system(number) if number else None

    def _printed(self, written: OutputWritten) -> None:
        """Of a program that has started; of another its pipe may say so first."""
        if written.process in self._names:
            self._lab.say(written)
        else:
            self._early.append(written)

    def _has_started(self, program: Program) -> None:
        self._names.add(program.name)
        for written in self._early:
            self._printed(replace(written, at=time.time()))
        self._early = []
