"""What every lab of ours is, whatever its network: a crew of processes, a directory of theirs, a window on each host."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sockviz.kernel import procfs, sock_diag
from sockviz.kernel.errors import KernelError
from sockviz.lab.crew import Crew, Ports
from sockviz.lab.directory import LabDirectory
from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Job, Observation
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import FurnishedHost, LabRefused
from sockviz.lab.window import Window
from sockviz.model.events import OutputWritten, ProcessStarted
from sockviz.model.first_names import of_lab
from sockviz.model.lab_facts import LabFacts
from sockviz.model.sockets import Asleep
from sockviz.model.values import Json

if TYPE_CHECKING:
    from sockviz.lab.source_texts import SourceTexts
    from sockviz.lab.tracing import Tracing


class CrewedLab:
    """See `sockviz.lab.lab.Lab`. Which network there is, and what passes on it, each kind of lab adds. Raises `LabRefused`."""

    def __init__(self, kind: str) -> None:
        self.facts = LabFacts(kind)
        self.news = asyncio.Event()
        self._crew = Crew(self.news)
        self._tracings: list[Tracing] = []
        self._texts: SourceTexts | None = None
        self._windows: dict[str, Window] = {}  # by host
        self._reach: dict[
            str, Json
        ] = {}  # what its processes may name: the arguments of `sockviz.lab.reach.Reach`
        self._closing: asyncio.Task[tuple[str, ...]] | None = None
        self._is_told = False  # what is left
        try:
            self._directory = LabDirectory()
        except OSError as error:
            # EACCES, EROFS, ENOSPC, EDQUOT; ENOENT: tempfile found no directory at all that can be written.
            place = error.filename or "TMPDIR, /tmp, /var/tmp or here"
            raise LabRefused(f"making a temporary directory ({place})", error.errno or 0) from None

    def hear(self) -> Sequence[Heard]:
        """Takes all that has been said by now."""
        return self._crew.hear()

    @property
    def readers(self) -> Readers:
        """What it reads on the event loop."""
        return self._crew.readers

    def say(self, event: OutputWritten) -> None:
        """Adds to what is heard."""
        self._crew.say(event)

    def signal(self, process: str, number: int) -> None:
        """Sends a signal to a program's process, unless that has ended."""
        self._crew.signal(process, number)

    def note_script(self, number: int | None, slug: str, title: str) -> None:
        """Says, for `sockviz shell`, whose lab this is."""
        self._directory.note_script(number, slug, title)

    def _note_place(self, pid: int) -> None:
        """Says, for `sockviz shell`, where it is: `pid` is its first process."""
        self._directory.note("ports", " ".join(map(str, self.facts.ports)) + "\n")
        self._directory.note("init-pid", f"{self.facts.kind} {pid}\n")

    # --- processes ----------------------------------------------------------------------------------------------

    def prepare(self, name: str, host: str, *, privileged: bool) -> None:
        """Has a process made that is going to be started."""
        self._crew.prepare(name, host, directory=self._directory.files, privileged=privileged)

    async def start(self, name: str, host: str, *, privileged: bool) -> ProcessStarted:
        """Starts a process of the lesson on one of its hosts. Raises `LabRefused`."""
        if host not in self._windows:
            raise LabRefused(f"starting {name}: this lab has no host {host}", 0)
        return await self._crew.start(
            name,
            host,
            names=of_lab(self.facts),
            reach=self._reach,
            directory=self._directory.files,
            privileged=privileged,
        )

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""
        for window in self._windows.values():
            window.expect_groups(job.all_values)
        await self._crew.perform(process, job, self._ports())

    def _ports(self) -> Ports | None:
        """Which ports its processes can reach, where somebody else has some."""
        return None

    def begun(self, process: str) -> ProcessStarted | None:
        """A process of the lab, also one that was forked."""
        return self._crew.begun(process)

    async def tracing(self, host: str) -> Tracing:
        """What starts programs on `host`, and watches them. Raises `LabRefused`."""
        from sockviz.lab.tracing import Tracing  # with programs of the user's own, not with lessons

        private = self.facts.kind != "host"
        self._tracings.append(tracing := Tracing(self._crew, host, self._source_texts(), private=private))
        await tracing.open()
        return tracing

    def meets(self, path: str) -> None:
        """Has the text of a program be known from now on, whether a call will name it or not."""
        self._source_texts().meet(path, time.time())

    def _source_texts(self) -> SourceTexts:
        from sockviz.lab.source_texts import SourceTexts  # as above

        if self._texts is None:
            self._texts = SourceTexts(self._crew.say)
        return self._texts

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        """What the kernel says of the sleep of one process, or of a thread of its, now."""
        return self._crew.asleep(process, task)

    def run_delays(self) -> Mapping[int, float]:
        """For how long whoever is waited for had no CPU: the first processes, the tracers, and this one."""
        watchers = (os.getpid(), *(tracing.pid for tracing in self._tracings if tracing.pid))
        return {**self._crew.run_delays(), **{pid: procfs.read_run_delay(pid) for pid in watchers}}

    def caught(self, process: str) -> int | None:
        """The signals that a process has handlers for, now."""
        return self._crew.caught(process)

    # --- windows on the kernel -----------------------------------------------------------------------------------

    @property
    def counters(self) -> frozenset[str]:
        """Every counter that this kernel has."""
        return next((window.counters for window in self._windows.values()), frozenset())

    def look(self) -> Sequence[Observation]:
        """Observes each host once."""
        return [window.look(self._crew.sources(host)) for host, window in self._windows.items()]

    def _furnished(self, host: str, given: FurnishedHost) -> Window:
        """The window on a host that the lab's first process has made."""
        diag = sock_diag.SockDiag(given.windows["diag"]) if "diag" in given.windows else None
        self._windows[host] = window = Window(host, diag, f"/proc/{given.pid}/net")
        return window

    async def catch_up(self) -> None:
        """Waits for what the tracers have to tell."""
        for tracing in self._tracings:
            await tracing.catch_up()

    # --- the end -------------------------------------------------------------------------------------------------

    async def close(self) -> tuple[str, ...]:
        """Ends everything. Returns what the kernel itself keeps for a while, a line each, to whoever hears of it first. It goes
        on to its end also where whoever waits for it is cancelled: whoever asks then waits for the same end."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        left = await asyncio.shield(self._closing)
        is_told, self._is_told = self._is_told, True
        return () if is_told else left

    async def _close(self) -> tuple[str, ...]:
        for tracing in self._tracings:
            tracing.close()
        if self._texts is not None:
            self._texts.close()
        try:
            await self._crew.close()
            return self._left()
        except KernelError:
            return ()  # it cannot be told any more
        finally:
            for window in self._windows.values():
                window.close()
            self._directory.remove()

    def _left(self) -> tuple[str, ...]:
        """What of its processes the kernel still has where they were not alone. Raises `KernelError`."""
        return ()
