"""The lab with two network stacks of its own, and between them a wire that is ours."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sockviz.kernel import sock_diag
from sockviz.lab.crew import Crew
from sockviz.lab.directory import LabDirectory, sweep
from sockviz.lab.hearing import Heard, LabLost
from sockviz.lab.lab import Job, Observation, Passed
from sockviz.lab.link import WireLink
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import FurnishedHost, LabRefused
from sockviz.lab.window import SYSCTLS, Window, check_proc, differing, unset, why
from sockviz.language import _
from sockviz.model.events import OutputWritten, ProcessStarted
from sockviz.model.first_names import PRIVATE_PORTS, of_lab
from sockviz.model.hosts import ADDRESSES, ADDRESSES6, HOSTS
from sockviz.model.sockets import Asleep
from sockviz.model.timeline import LabFacts

if TYPE_CHECKING:
    from sockviz.lab.source_texts import SourceTexts
    from sockviz.lab.tracing import Tracing


class HeldLink:
    """The link as the player has it: orders go to the wire, and what it keeps is told as an event."""

    def __init__(self, wire: WireLink) -> None:
        self._wire = wire
        self._holding: frozenset[str] = frozenset()

    async def order(
        self, verb: str, *, pattern: str | None = None, frame: int | None = None, seconds: float = 0.0
    ) -> None:
        """See `sockviz.lab.lab.Link.order`."""
        await self._wire.order(verb, pattern=pattern, frame=frame, seconds=seconds)
        if verb == "hold":
            self._holding |= {pattern} if pattern else set(HOSTS)
        elif verb == "release":
            self._holding = frozenset()
        self._wire.note_holding(time.time(), self._holding)


class TwoHostsLab:
    """Two hosts, ``client`` and ``server``, and a link. Made by `open_two_hosts`; to be closed by `close`.

    Raises OSError where there is no place for a temporary directory, and `LabRefused`.
    """

    def __init__(self) -> None:
        self.facts = LabFacts("two-hosts")
        self.news = asyncio.Event()
        self._crew = Crew(self.news)
        self._tracings: list[Tracing] = []
        self._texts: SourceTexts | None = None
        self._directory = LabDirectory()
        try:
            self._wire = WireLink(self._wire_lost, self.news, self._crew.readers)
        except OSError as error:  # EMFILE, ENFILE: no further descriptors
            self._directory.remove()
            raise LabRefused("starting the lab", error.errno or 0) from None
        self.link: HeldLink | None = HeldLink(self._wire)
        self._windows: dict[str, Window] = {}
        self._closed = False

    def hear(self) -> Sequence[Heard]:
        """Takes all that has been said by now."""
        return self._crew.hear()

    def note_lesson(self, number: int | None, slug: str, title: str) -> None:
        """Says, for `sockviz shell`, whose lab this is."""
        self._directory.note_lesson(number, slug, title)

    @property
    def counters(self) -> frozenset[str]:
        """Every counter that this kernel has."""
        return next((window.counters for window in self._windows.values()), frozenset())

    async def open(self, sysctls: Mapping[str, str], ip: int, programs: bool = False) -> None:
        """Sets both hosts and the wire up, for a lesson or for `programs`. Raises `LabRefused`; nothing is left then."""
        sweep()
        try:
            check_proc()
            setup = self._directory.setup(SYSCTLS | dict(sysctls)) | {"ip": ip, "programs": programs}
            ready = await self._crew.open("two-hosts", setup, self._wire.theirs)
            self._wire.hand_over()
            missing: dict[str, str] = {}
            for host, given in ready.hosts.items():
                self._windows[host] = self._window(host, given, missing)
                missing |= unset(sysctls, ready.sysctls, given.refused)
            await self._wire.ready()
            facts = ("private", "packets", *next(iter(self._windows.values())).facts)
            addresses = ADDRESSES6 if ip == 6 else ADDRESSES
            set_here = differing(ready.sysctls)
            self.facts = LabFacts("two-hosts", facts, HOSTS, addresses, PRIVATE_PORTS, set_here, missing)
            self._directory.note("ports", " ".join(map(str, PRIVATE_PORTS)) + "\n")
            self._directory.note("init-pid", f"two-hosts {ready.pid}\n")
            anchors = "".join(f"{host} {given.pid}\n" for host, given in ready.hosts.items())
            self._directory.note("hosts", anchors)
        except BaseException:
            await self.close()
            raise

    def _window(self, host: str, given: FurnishedHost, missing: dict[str, str]) -> Window:
        missing |= {
            f"{name} ({host})": why(number) for name, number in given.refused.items() if name != "capture"
        }
        if "capture" in given.windows:
            given.windows["capture"].close()  # the wire sees it all
        diag = sock_diag.SockDiag(given.windows["diag"]) if "diag" in given.windows else None
        window = Window(host, diag, f"/proc/{given.pid}/net")
        missing |= window.missing
        return window

    def _wire_lost(self) -> None:
        if not self._closed:
            self._crew.say(LabLost(_("the process that is the link ended: no packet passes any more")))

    def prepare(self, name: str, host: str, *, privileged: bool) -> None:
        """Has a process made that is going to be started."""
        self._crew.prepare(name, host, directory=self._directory.files, privileged=privileged)

    async def start(self, name: str, host: str, *, privileged: bool) -> ProcessStarted:
        """Starts a process of the lesson on one of the hosts. Raises `LabRefused`."""
        if host not in self._windows:
            raise LabRefused(f"starting {name}: this lab has no host {host}", 0)
        names = of_lab(self.facts)
        return await self._crew.start(
            name, host, names=names, reach={}, directory=self._directory.files, privileged=privileged
        )

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""
        for window in self._windows.values():
            window.expect_groups(job.all_values)
        await self._crew.perform(process, job)

    def begun(self, process: str) -> ProcessStarted | None:
        """A process of the lab, also one that was forked."""
        return self._crew.begun(process)

    @property
    def readers(self) -> Readers:
        """What it reads on the event loop."""
        return self._crew.readers

    def say(self, event: OutputWritten) -> None:
        """Adds to what is heard."""
        self._crew.say(event)

    async def tracing(self, host: str) -> Tracing:
        """What starts programs on `host`, and watches them. Raises `LabRefused`."""
        from sockviz.lab.source_texts import SourceTexts  # with programs of the user's own, not with lessons
        from sockviz.lab.tracing import Tracing

        if self._texts is None:
            self._texts = SourceTexts(self._crew.say)
        private = self.facts.kind != "host"
        self._tracings.append(tracing := Tracing(self._crew, host, self._texts, private=private))
        await tracing.open()
        return tracing

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        """What the kernel says of the sleep of one process, or of a thread of its, now."""
        return self._crew.asleep(process, task)

    def caught(self, process: str) -> int | None:
        """The signals that a process has handlers for, now."""
        return self._crew.caught(process)

    def look(self) -> Sequence[Observation]:
        """Observes both hosts once."""
        return [window.look(self._crew.sources(host)) for host, window in self._windows.items()]

    async def catch_up(self) -> None:
        """Waits until the wire has told of every frame that was on it by now."""
        with contextlib.suppress(LabRefused):  # it is gone, and has said so
            await self._wire.order("catch up")
        for tracing in self._tracings:
            await tracing.catch_up()

    def drain(self) -> Sequence[Passed]:
        """Takes what the wire has told."""
        return self._wire.drain()

    async def close(self) -> tuple[str, ...]:
        """Ends everything; nothing of it is left."""
        if self._closed:
            return ()
        self._closed = True
        self._wire.close()
        for tracing in self._tracings:
            tracing.close()
        if self._texts is not None:
            self._texts.close()
        await self._crew.close()
        for window in self._windows.values():
            window.close()
        self._directory.remove()
        return ()


async def open_two_hosts(
    sysctls: Mapping[str, str] | None = None, ip: int = 4, *, programs: bool = False
) -> TwoHostsLab:
    """The lab with two hosts, which reach each other by version `ip` of IP, and have `sysctls` set: those that could not be are
    among what its facts say is missing. Raises `LabRefused`."""
    try:
        lab = TwoHostsLab()
    except OSError as error:
        place = error.filename or "TMPDIR, /tmp, /var/tmp or here"
        raise LabRefused(f"making a temporary directory ({place})", error.errno or 0) from None
    await lab.open(sysctls or {}, ip, programs)
    return lab
