"""The processes of a lab: started and handed lines, their words collected, their deaths noticed."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from sockviz.calls.constants import brought_along
from sockviz.kernel import procfs
from sockviz.kernel.observe import ProcessSource
from sockviz.lab.answers import may_go_unheard
from sockviz.lab.channel import Channel
from sockviz.lab.ends import Ends
from sockviz.lab.hearing import Heard, LabLost, ProcessReady, from_child
from sockviz.lab.lab import Job
from sockviz.lab.readers import Readers
from sockviz.lab.seal import Seal
from sockviz.lab.supervisor import PATIENCE, Death, LabRefused, Ready, Supervisor, TooSlow
from sockviz.lab.usage import too_much
from sockviz.language import _
from sockviz.model.events import ProcessEnded, ProcessStarted, StatementFinished
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.sockets import Asleep
from sockviz.model.values import BadValue, Json

#: Ports by protocol: which are reachable, and where somebody else receives.
Ports: TypeAlias = dict[str, Json]
#: So long it is waited, where a lab is lost, that all that was killed is seen to have ended (seconds).
_LAST_WORDS = 1.0
#: Of so many it is asked for how long they had no CPU: any of them waits as the others do.
_DELAYS = 16


class Crew:
    """All processes of one lab. What they say and how they end is heard on the event loop, or by `hear`; ``news`` is set then."""

    def __init__(self, news: asyncio.Event) -> None:
        self.readers = Readers()
        self._news = news
        self._heard: list[Heard] = []
        self.supervisor = Supervisor(self._died, self._lost, self.readers)
        self._ends = Ends(self.readers, self._end)
        self._channels: dict[str, Channel] = {}
        self._begun: dict[str, ProcessStarted] = {}
        self._hosts: dict[str, str] = {}
        self._hellos: dict[str, asyncio.Future[ProcessReady]] = {}
        self._parents: dict[str, str] = {}  # of those that are forked
        self._gone: set[str] = set()
        self._ahead: dict[str, asyncio.Task[None]] = {}  # made, or being made, before anybody needs them
        self._threads: dict[
            tuple[str, int], int
        ] = {}  # of their threads the number that this machine has for them
        self._forks: dict[str, int] = {}  # how many channels each process was given for children
        # How many lines each was handed that may give a socket a name; and which is the last that it is at since it got one.
        self._naming: dict[str, int] = {}
        self._at_naming: dict[str, int] = {}
        self._lost_for = ""  # why nothing more will come, once that is so
        self._orphans: set[str] = set()  # of whose ends no tracer tells any more
        self._closed = False

    async def open(self, kind: str, setup: Mapping[str, Json], link: socket.socket | None = None) -> Ready:
        """Makes the lab's first process: it is told `setup` (see init.py), and hands `link` to the wire. Raises `LabRefused`."""
        return await self.supervisor.open(kind, setup, link)

    async def start(
        self,
        name: str,
        host: str,
        *,
        names: Mapping[str, Json],
        reach: Mapping[str, Json],
        directory: Path,
        privileged: bool,
    ) -> ProcessStarted:
        """Starts a process of the lesson on `host`, with `names` bound. `reach` is what it may name: the arguments of
        `sockviz.lab.reach.Reach`. Raises `LabRefused`.
        """
        if self._is_full():
            raise LabRefused(f"starting {name}: {MOST_PROCESSES} processes are the most a lesson may have", 0)
        self.prepare(name, host, directory=directory, privileged=privileged)
        await self._ahead[name]
        try:
            await self._channels[name].send({"op": "bind", "names": dict(names), "reach": dict(reach)})
        except OSError:  # EPIPE, EBADF: it was killed while it waited
            self._gone.add(name)
        if name in self._gone:
            raise LabRefused(f"starting {name}: it ended before its first call", 0)
        del self._ahead[name]
        self._begun[name] = replace(self._begun[name], at=time.time(), privileged=privileged)
        return self._begun[name]

    def prepare(self, name: str, host: str, *, directory: Path, privileged: bool) -> None:
        """Has a process made that `start` will be asked for, so that its interpreter runs by then. Until then it is nobody's."""
        if name not in self._ahead and not self._closed:
            making = self._make(name, host, directory=directory, privileged=privileged)
            self._ahead[name] = asyncio.ensure_future(making)

    async def _make(self, name: str, host: str, *, directory: Path, privileged: bool) -> None:
        try:
            channel = self._open_channel(name, host)
        except OSError as error:  # EMFILE, ENFILE
            raise LabRefused(f"starting {name}", error.errno or 0) from None
        if channel.theirs is None:
            raise LabRefused(f"starting {name}", 0)
        hello = self._hellos[name]
        try:
            await self.supervisor.start(name, host, channel.theirs, directory, privileged=privileged)
        finally:
            channel.hand_over()
        await asyncio.wait({hello}, timeout=PATIENCE)
        if hello.cancelled():
            raise LabRefused(f"starting {name}: it ended before its first call", 0)
        if not hello.done():
            raise TooSlow(f"starting {name}")

    async def perform(self, process: str, job: Job, ports: Ports | None = None) -> None:
        """Hands a line, and those to be performed with it, to a process that is not at one. `ports` says where others live too:
        see `OwnSockets.ports_seen`. Raises OSError where it is gone.
        """
        excess = too_much(begun.outer_pid for _, begun in self._alive())
        if excess is not None:
            self._ends.kill()
            self.say(LabLost(excess))
            return
        lines = [job, *job.then]
        if any(each.may_name for each in lines):
            self._naming[process] = self._naming.get(process, 0) + 1
            self._at_naming[process] = lines[-1].line
        channel = self._channels[process]
        message: dict[str, Json] = {
            "op": "perform",
            "lines": [each.told for each in lines],
            "constants": {**brought_along(job.all_values)},
            "pids": [begun.pid for _, begun in self._alive()],
            "ours": [*self._ours()],
            **(ports or {"ports": {}, "strangers": {}}),
        }
        if job.child is None or self._is_full():
            await channel.send(message)  # without a channel for its child a process refuses to fork
            return
        self._forks[process] = number = self._forks.get(process, 0) + 1
        self._parents[job.child] = process
        spare = self._open_channel(job.child, self._hosts[process], channel.seal.heir(number))
        message["fork"] = number
        try:
            await channel.send(message, spare.theirs.fileno() if spare.theirs else None)
        finally:
            spare.hand_over()

    def begun(self, process: str) -> ProcessStarted | None:
        """A process of the lab, also one that was forked."""
        return self._begun.get(process)

    def sources(self, host: str) -> Sequence[ProcessSource]:
        """The live processes of `host`, to be looked at."""
        ours = self._ours()
        return [
            ProcessSource(name, begun.outer_pid, ours, self._given(name))
            for name, begun in self._alive()
            if begun.host == host
        ]

    def _given(self, process: str) -> int | None:
        """See `ProcessSource`. A program calls what it likes, and whenever."""
        is_handed_lines = process in self._channels and process not in self._at_naming
        return self._naming.get(process, 0) if is_handed_lines else None

    def _ours(self) -> frozenset[int]:
        """The inodes of all channels' ends in processes, and of the lifeline: they are not the lesson's."""
        return self.supervisor.lifeline_inodes | {channel.inode for channel in list(self._channels.values())}

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        """What the kernel says of the sleep of one process, or of a thread of its, now; see `sockviz.lab.lab.Lab`."""
        begun = self._begun.get(process)
        if begun is None or process in self._gone:
            return None
        pid, proc = begun.outer_pid, "/proc"
        if task:
            pid, proc = self._threads.get((process, task), 0), f"/proc/{pid}/task"
        stat = procfs.read_stat(pid, proc=proc)
        seen = procfs.read_asleep(pid, stat.state, proc=proc) if stat else None
        return None if seen is None or seen.is_of_the_machine else seen

    def run_delays(self) -> Mapping[int, float]:
        """For how long each of the first processes could have run and had no CPU, by its number on this machine (seconds)."""
        pids = (begun.outer_pid for _, begun in itertools.islice(self._alive(), _DELAYS))
        return {pid: procfs.read_run_delay(pid) for pid in pids if pid}

    def caught(self, process: str) -> int | None:
        """The signals that a process has handlers for, now (see `sockviz.model.sockets.Asleep`)."""
        begun = self._begun.get(process)
        return (
            procfs.read_caught(begun.outer_pid) if begun is not None and process not in self._gone else None
        )

    # --- programs that are watched -------------------------------------------------------------------------------

    async def start_tracer(self, name: str, host: str, channel: socket.socket, *, private: bool) -> None:
        """Has the process started that watches programs on `host`. Raises `LabRefused`."""
        await self.supervisor.start_tracer(name, host, channel, private=private)

    def adopt(self, begun: ProcessStarted, pidfd: int | None) -> None:
        """A process that is there, which a tracer tells of, and of whose end it will."""
        self._begun[begun.process] = begun
        if pidfd is not None:
            self._ends.adopt(begun.process, pidfd)
        self.say(begun)

    def adopt_thread(self, process: str, task: int, tid: int) -> None:
        """A thread of such a process, by its number as the lab counts."""
        outer = procfs.thread_of(self._begun[process].outer_pid, tid) if process in self._begun else None
        if outer is not None:
            self._threads[process, task] = outer

    def over(self, ended: ProcessEnded) -> None:
        """Such a process has ended."""
        if ended.process in self._gone or ended.process not in self._begun:
            return
        self._gone.add(ended.process)
        self._ends.let_go(ended.process)
        self.say(ended)
        self._buried(ended.process)

    def lose(self, why: str) -> None:
        """Nothing more will come of this lab. What is alive in it is ended; that the programs of tracers have is seen and said
        first, then `why`."""
        self._ends.kill()
        if self._closed:
            return
        self._lost_for = self._lost_for or why
        known = self._channels.keys() | self._orphans
        new = {name: begun.outer_pid for name, begun in self._alive() if name not in known}
        self._orphans.update(new)
        for name, pid in new.items():
            if not self._ends.orphaned(name, pid):
                self._end(name, None, None)  # nobody can see how
        if self._orphans:
            asyncio.get_running_loop().call_later(_LAST_WORDS, self._say_lost)
        else:
            self._say_lost()

    def _buried(self, name: str) -> None:
        if name in self._orphans:
            self._orphans.remove(name)
            if not self._orphans:
                self._say_lost()

    def _say_lost(self) -> None:
        why, self._lost_for = self._lost_for, ""
        if why and not self._closed:
            self.say(LabLost(why))

    async def close(self) -> None:
        """Ends all of them, and the lab's first process."""
        if self._closed:
            return
        self._closed = True
        self._ends.kill()
        self._ends.close()
        for making in self._ahead.values():
            making.cancel()
        await asyncio.gather(*self._ahead.values(), return_exceptions=True)
        for channel in self._channels.values():
            channel.close()
        await self.supervisor.close()

    def _alive(self) -> Iterator[tuple[str, ProcessStarted]]:
        return (
            (name, begun)
            for name, begun in list(self._begun.items())  # also asked for by a look in a thread of its own
            if name not in self._gone and name not in self._ahead
        )

    def _is_full(self) -> bool:
        return sum(1 for _ in self._alive()) >= MOST_PROCESSES

    def _open_channel(self, name: str, host: str, seal: Seal | None = None) -> Channel:
        self._hosts[name] = host
        self._hellos[name] = may_go_unheard(asyncio.get_running_loop().create_future())
        channel = Channel(
            lambda json: self._spoke(name, json),
            lambda: self._hung_up(name),
            lambda words: self._forged(name, words),
            self.readers,
            seal,
        )
        self._channels[name] = channel
        return channel

    def say(self, *heard: Heard) -> None:
        """Adds to what is heard."""
        self._heard += heard
        self._news.set()

    def signal(self, process: str, number: int) -> None:
        """Sends a signal to a process that a tracer has told of, unless it has ended."""
        if process not in self._gone:
            self._ends.send(process, number)

    def stir(self) -> None:
        """Something has come to an end that is no event."""
        self._news.set()

    def hear(self) -> list[Heard]:
        """Takes all that has been said by now."""
        self.readers.read_now()
        heard, self._heard = self._heard, []
        return heard

    def _spoke(self, name: str, json: Json) -> None:
        try:
            said = from_child(name, json)
        except BadValue as error:
            self.say(LabLost(f"{name} spoke nonsense: {error}"))
            return
        if not isinstance(said, ProcessReady):
            if (death := self._ends.told_of(said)) is not None:
                self._died(death)
            if isinstance(said, StatementFinished) and said.line == self._at_naming.get(name):
                del self._at_naming[name]
            self.say(said)
            return
        outer, parent = self._channels[name].outer_pid, self._parents.get(name)
        self._begun[name] = begun = ProcessStarted(said.at, name, said.pid, outer, self._hosts[name], parent)
        # ESRCH: gone already, init.py's word will come; ENOSYS, EPERM: likewise
        with contextlib.suppress(OSError):
            self._ends.watch(name, outer, os.pidfd_open(outer))
        if not self._hellos[name].done():
            self._hellos[name].set_result(said)
        if parent is not None:  # of any other whoever starts it is told
            self.say(begun)

    def _forged(self, name: str, words: bytes) -> None:
        reason = _(
            "the lesson's process {name} wrote on sockviz's own channel ({words}): it is not believed, and the lesson ends"
        )
        self.say(LabLost(reason.format(name=name, words=ascii(words[:24])[1:])))
        self._ends.kill()

    def _hung_up(self, name: str) -> None:
        hello = self._hellos[name]
        if not hello.done():  # it never spoke: could not start, or a fork that failed
            hello.cancel()
        elif name in self._begun and name not in self._gone and not self._closed:
            self._ends.look_for(name, self._begun[name].outer_pid)

    def _died(self, death: Death) -> None:
        name = next((name for name, begun in self._alive() if begun.pid == death.pid), None)
        if name is not None:
            self._end(name, death.exit_code, death.signal)

    def _end(self, name: str, exit_code: int | None, signal: str | None) -> None:
        if name in self._gone or self._closed or self._ends.is_adopted(name):
            return
        self._gone.add(name)
        self._ends.let_go(name)
        if name in self._ahead:
            return  # `start` will say so
        self.say(ProcessEnded(time.time(), name, exit_code, signal))
        self._buried(name)

    def _lost(self) -> None:
        self.lose(_("the lab's first process ended, and every process in it"))
