"""sockviz's side of a tracer: programs are started by it, what it tells of their calls comes back, and what is held is let go."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import os
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from sockviz.kernel.errors import KernelError
from sockviz.kernel.procfs import read_stat
from sockviz.lab.answers import may_go_unheard
from sockviz.lab.crew import Crew
from sockviz.lab.source_texts import SourceTexts
from sockviz.lab.supervisor import PATIENCE, LabRefused, TooSlow
from sockviz.lab.tracer.image import outer_pid
from sockviz.lab.tracer_shorthand import TracerShorthand
from sockviz.lab.tracer_words import (
    LookWanted,
    ProcRefused,
    ProgramRefused,
    ProgramsOver,
    ProgramStarted,
    ThreadStarted,
    ToldSoFar,
    TracerHere,
    TracerSaid,
    TracingRefused,
    from_tracer,
)
from sockviz.language import _
from sockviz.model.events import Caveat, ProcessEnded, ThreadBegan
from sockviz.model.programs import Program
from sockviz.model.values import Json
from sockviz.words.kept_sentences import TRACER_ENDED

#: The step of starting a program that fails where the kernel does not let it be traced.
TRACING = "ptrace"
#: The one that fails where a run has all the processes that it may.
ROOM = "room"
#: What the tracer calls them.
STEPS = {"trace": TRACING, "room": ROOM, "execute": "execve"}
#: No honest line is longer (bytes): a call tells of 4 KiB of data, and of 64 parts.
_LONGEST = 1 << 20
#: As many descriptors as come with one reading (the tracer sends no more).
_FDS = 64
#: The tracer's buffer is full of orders: it is tried again after so long (seconds).
_BUSY = 0.01
#: It has not answered for so long: it is looked at whether it can (seconds). States of a process that cannot (proc_pid_stat(5)).
_SILENCE, _STOPPED = 0.5, ("T", "t")


class Tracing:
    """The programs of one host. Made and opened by a lab; what it hears is said to `crew`. ``over``: every program has ended.
    Raises `LabRefused`."""

    def __init__(self, crew: Crew, host: str, texts: SourceTexts, *, private: bool) -> None:
        self.over = False
        #: The errno with which nothing can be traced here, though programs run; 0 where they are traced.
        self.untraced = 0
        #: The errno with which programs were refused a /proc of their own; 0 where they have it.
        self.outer_proc = 0
        self._calls = TracerShorthand(texts.find)
        self._crew = crew
        self._host = host
        self._private = private
        try:
            pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        except OSError as error:  # EMFILE, ENFILE
            raise LabRefused(f"starting tracer of {host}", error.errno or 0) from None
        self._ours, self._theirs = pair
        self._ours.setblocking(False)
        self._buffer = b""
        self._fds: deque[int] = deque()
        self._started = 0  # programs, or what could not become one
        self._starting: dict[str, asyncio.Future[None]] = {}
        self._reading = False
        self._told: asyncio.Future[None] | None = None
        self._sending = asyncio.Lock()
        self._pid = 0  # the tracer's, as this machine counts; 0 while it is not known
        self._first = ""  # the process that it began with
        self._was_stopped = False
        self._look: Callable[[], Awaitable[None]] | None = None
        self._looking: set[asyncio.Future[None]] = set()

    async def open(self) -> None:
        """Raises `LabRefused`."""
        self._crew.readers.add(self._ours, self._read)
        self._reading = True
        try:
            await self._crew.start_tracer(
                f"tracer of {self._host}", self._host, self._theirs, private=self._private
            )
        finally:
            self._theirs.close()

    async def start(
        self,
        program: Program,
        environment: Mapping[str, str],
        directory: str,
        streams: Sequence[int],
        kernel: Sequence[str] = (),
        *,
        fenced: bool = False,
        look: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Starts a program, with descriptors for its three standard `streams`; `kernel` has the rules by which it is treated (see
        `sockviz.words.worst_kernel`); a ``fenced`` one is kept to itself (`sockviz.lab.tracer.fence`). Where a rule asks for a
        look, its task waits until `look` has come back. Raises `LabRefused` with what exec said."""
        about: Json = {
            "command": list(program.command), "environment": dict(environment), "directory": directory, "kernel": list(kernel),
            "fenced": fenced,
        }  # fmt: skip
        file = _in_memory(json.dumps(about).encode())
        started: asyncio.Future[None] = may_go_unheard(asyncio.get_running_loop().create_future())
        self._starting[program.name] = started
        self._look = look
        self.over = False
        self._started += 1  # before it is sent: that those before it are over is said by their number
        try:
            try:
                await self._send({"op": "start", "name": program.name}, (*streams, file))
            finally:
                os.close(file)
            async with asyncio.timeout(PATIENCE):
                await started
        except TimeoutError:
            raise TooSlow(f"starting {program.name}") from None

    async def hold(self, wanted: bool) -> None:
        """Has whoever enters a call from now on wait at it, or not."""
        await self._send({"op": "hold", "all": wanted})

    async def go(self, process: str | None = None, task: int | None = None, until: str | None = None) -> None:
        """Lets a held task make its call; all of `process`, or everybody. With `until` it is not held again before that call."""
        whose: dict[str, Json] = {"process": process, "task": task, "until": until}
        await self._send({"op": "go", **{name: value for name, value in whose.items() if value is not None}})

    async def interrupt(self, process: str, task: int, call: int) -> None:
        """Stops a task in that call, where it is in it still, and has it go on at once."""
        await self._send({"op": "interrupt", "process": process, "task": task, "call": call})

    async def catch_up(self) -> None:
        """Returns when all that has happened by now has been told of."""
        if not self._reading or self._is_stopped():
            return
        self._told = may_go_unheard(asyncio.get_running_loop().create_future())
        try:
            await self._send({"op": "tell"})
        except LabRefused:
            return  # it has ended, and that has been said
        while not (await asyncio.wait({self._told}, timeout=_SILENCE))[0]:
            if self._is_stopped():
                return

    async def _look_for(self, process: str, task: int) -> None:
        """Has somebody look while that task waits for it, and then go on."""
        if self._look is not None:
            await self._look()
        with contextlib.suppress(LabRefused):  # it has ended, and that has been said
            await self._send({"op": "looked", "process": process, "task": task})

    @property
    def pid(self) -> int:
        """The tracer's number on this machine; 0 where it is not known."""
        return self._pid

    def _is_stopped(self) -> bool:
        """Whether the tracer itself is stopped by a signal: nothing is told then, and whoever it watches waits. Said once."""
        try:
            stat = read_stat(self._pid) if self._pid else None
        except KernelError:
            return self._was_stopped  # no further file can be opened: nobody knows
        is_stopped = stat is not None and stat.state in _STOPPED
        if is_stopped and self._first and not self._was_stopped:
            self._crew.say(Caveat(time.time(), self._first, "stopped"))
        self._was_stopped = is_stopped
        return is_stopped

    def close(self) -> None:
        """Lets go of the tracer, which ends, and all programs with it."""
        for looking in self._looking:
            looking.cancel()
        if self._reading:
            self._crew.readers.remove(self._ours)
            self._reading = False
        self._ours.close()
        while self._fds:
            os.close(self._fds.popleft())

    async def _send(self, order: Json, fds: Sequence[int] = ()) -> None:
        """Raises `LabRefused` where the tracer has gone."""
        line = memoryview((json.dumps(order) + "\n").encode())
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        async with self._sending:  # an order is whole before the next one begins
            try:
                while not (sent := self._sent(line, rights)):
                    await asyncio.sleep(_BUSY)
                await asyncio.get_running_loop().sock_sendall(self._ours, line[sent:])
            except OSError as error:
                raise LabRefused(TRACER_ENDED, error.errno or 0) from None

    def _sent(self, line: memoryview, rights: Sequence[tuple[int, int, array.array[int]]]) -> int:
        """How much of a line has gone, and with its beginning the descriptors; nothing while there is no room. Raises OSError."""
        try:
            return self._ours.sendmsg([line], rights)
        except (BlockingIOError, InterruptedError):
            return 0

    # --- hearing ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            data, ancillary, _flags, _address = self._ours.recvmsg(1 << 18, socket.CMSG_SPACE(4 * _FDS))
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionResetError:
            data, ancillary = b"", []
        for _level, kind, payload in ancillary:
            if kind == socket.SCM_RIGHTS:
                self._fds += array.array("i", payload[: len(payload) // 4 * 4])
        if not data:
            self._lost(_("the tracer ended, and every program with it"))
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > _LONGEST:
            error = f"a line of more than {_LONGEST} bytes"
            self._lost(_("the tracer spoke nonsense: {error}").format(error=error))
            return
        for message in _messages(lines):
            try:
                said = self._calls.heard(message) if isinstance(message, list) else from_tracer(message)
            except (ValueError, RecursionError):
                continue  # what cannot be read is not heard, and the run goes on
            if isinstance(said, Sequence):
                self._crew.say(*said)
            else:
                self._heard(said)

    def _tell(self) -> None:
        if self._told is not None and not self._told.done():
            self._told.set_result(None)

    def _lost(self, why: str) -> None:
        self._tell()
        if self._reading:
            self._crew.readers.remove(self._ours)
            self._reading = False
        for started in self._starting.values():
            if not started.done():
                started.set_exception(LabRefused(why, 0))
        if not self.over:
            self._crew.lose(why)  # which is the end of the run

    def _heard(self, said: TracerSaid) -> None:
        match said:
            case ProgramStarted():
                self._adopt(said)
            case ThreadStarted(at=at, process=process, task=task, tid=tid):
                self._crew.adopt_thread(process, task, tid)
                self._crew.say(ThreadBegan(at, process, task))
            case ProgramRefused(name=name, errno=number, step=step):
                self._settle(name, LabRefused(STEPS[step], number))
            case TracingRefused(errno=number):
                self.untraced = number
            case ProcRefused(errno=number):
                self.outer_proc = number
            case TracerHere():
                if self._fds:  # where no further descriptor could be had it came without
                    pidfd = self._fds.popleft()
                    self._pid = _pid_of(pidfd)
                    os.close(pidfd)
            case ToldSoFar():
                self._tell()
            case LookWanted(process=process, task=task):
                looking = asyncio.ensure_future(self._look_for(process, task))
                self._looking.add(looking)
                looking.add_done_callback(self._looking.discard)
            case ProgramsOver(started=started):
                self.over = started == self._started
                self._crew.stir()
            case ProcessEnded():
                self._crew.over(said)
            case _:
                self._crew.say(said)

    def _adopt(self, said: ProgramStarted) -> None:
        self._first = self._first or said.process
        pidfd = self._fds.popleft() if said.has_pidfd and self._fds else None
        # Without one nobody knows which process of this machine has the number that a lab's own numbering gives it.
        outer = _pid_of(pidfd) if pidfd is not None else 0 if self._private else said.pid
        self._crew.adopt(said.begun(outer, self._host), pidfd)
        self._settle(said.process, None)

    def _settle(self, name: str, refusal: LabRefused | None) -> None:
        started = self._starting.pop(name, None)
        if started is None or started.done():
            return
        if refusal is None:
            started.set_result(None)
        else:
            started.set_exception(refusal)


def _messages(lines: Sequence[bytes]) -> Iterable[Json]:
    """What lines say: read at once, and one by one where one of them is none."""
    try:
        yield from json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        for line in lines:
            with contextlib.suppress(ValueError, RecursionError):
                yield json.loads(line)


def _in_memory(content: bytes) -> int:
    """A descriptor of a file with that content, which is nobody else's. Raises `LabRefused`."""
    try:
        file = os.memfd_create("sockviz-program")
    except OSError as error:  # EMFILE, ENFILE, ENOMEM
        raise LabRefused("memfd_create", error.errno or 0) from None
    try:
        with open(file, "wb", closefd=False) as writing:
            writing.write(content)
    except OSError as error:  # ENOSPC, ENOMEM
        os.close(file)
        raise LabRefused("memfd_create", error.errno or 0) from None
    return file


def _pid_of(pidfd: int) -> int:
    """By which number this machine knows a process; 0 where it has ended, or no further file can be opened to read it."""
    try:
        return outer_pid(pidfd) or 0
    except OSError:
        return 0
