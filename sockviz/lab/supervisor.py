"""Starts the lab's first process (init.py) and talks to it: processes on request, their deaths as they happen."""

from __future__ import annotations

import array
import asyncio
import contextlib
import errno
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import cache_from_source
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.lab.answers import may_go_unheard
from sockviz.lab.readers import Readers
from sockviz.model.values import Json
from sockviz.words.kept_sentences import TOO_SLOW, in_words

_ENTRY = Path(__file__).with_name("entry")
_CHILD = Path(__file__).with_name("child.py")
#: Everything here takes milliseconds; past this the machine is stuck and we say so.
PATIENCE = 10.0


class LabRefused(Exception):
    """A step of making a lab that this machine does not allow. ``number`` is the errno, 0 where there is none. ``fact`` is what a
    run keeps of it, in English; as text it is in the reader's language."""

    def __init__(self, step: str, number: int) -> None:
        why = f": {errno.errorcode.get(number, number)}, {os.strerror(number)}" if number else ""
        self.fact = step + why
        super().__init__(self.fact)
        self.step = step
        self.number = number

    def __str__(self) -> str:
        return in_words(self.fact)


class TooSlow(LabRefused):
    """A step that did not come to its end in our own patience. No call said so: there is no errno, ETIMEDOUT least of all."""

    def __init__(self, step: str) -> None:
        super().__init__(TOO_SLOW.format(step=step, seconds=f"{PATIENCE:.0f}"), 0)
        self.step = step


@dataclass(frozen=True, slots=True)
class FurnishedHost:
    """What one host of the lab was given. ``pid`` is a process in its network, as this machine counts.

    ``refused`` has an errno for each window or sysctl that could not be had.
    """

    pid: int
    windows: Mapping[str, socket.socket]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ready:
    """What init.py said when the lab stood: each host with its windows on the kernel, and the sysctls in force there."""

    pid: int  # init's pid as this machine counts
    hosts: Mapping[str, FurnishedHost]
    sysctls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Death:
    """A child of init.py was reaped. ``pid`` is the lab's own number."""

    pid: int
    exit_code: int | None
    signal: str | None


class Supervisor:
    """sockviz's side of init.py. `died` is called with each death, `lost` when init.py itself is gone."""

    #: What runs in a lesson process.
    program = _ENTRY / "child.py"

    def __init__(self, died: Callable[[Death], None], lost: Callable[[], None], readers: Readers) -> None:
        self._readers = readers
        self._died = died
        self._lost = lost
        self._answers: dict[str, asyncio.Future[int]] = {}
        self._ready: asyncio.Future[Ready] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lifeline: tuple[int, int] | None = None
        #: The inode of the lifeline, by which its descriptors are known in lesson processes.
        self.lifeline_inodes: frozenset[int] = frozenset()
        self._anchors: dict[str, int] = {}

    async def open(self, kind: str, setup: Mapping[str, Json], link: socket.socket | None = None) -> Ready:
        """Starts init.py and waits until the lab stands. `setup` is what it is told (see there), `link` the wire's end of its
        control channel. Raises `LabRefused`.

        To be called on the main thread: the lab dies with the thread that started it (PR_SET_PDEATHSIG).
        """
        self._ready = may_go_unheard(asyncio.get_running_loop().create_future())
        try:
            self._launch(kind, setup, link)
        except OSError as error:  # EAGAIN, ENOMEM: no further process; EMFILE, ENFILE: no further descriptors
            await self.close()
            what = f" ({error.filename})" if error.filename else ""  # /dev/null, in a sandbox without it
            raise LabRefused(f"starting the lab{what}", error.errno or 0) from None
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ready
        except TimeoutError:
            await self.close()
            raise TooSlow("starting the lab") from None
        except LabRefused:
            await self.close()
            raise

    def _launch(self, kind: str, setup: Mapping[str, Json], link: socket.socket | None) -> None:
        """Starts init.py. Raises OSError."""
        if not Path(cache_from_source(str(_CHILD))).exists():
            # Imported so that it is compiled, and what it imports: a lab can write nothing, and would do it again and again.
            import sockviz.lab.child  # noqa: F401

        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        self._control = ours
        self._readers.add(ours, self._read)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs:
            self._lifeline = os.pipe2(os.O_CLOEXEC)
            self.lifeline_inodes = frozenset({os.fstat(self._lifeline[0]).st_ino})
            command = [
                sys.executable,
                "-I",
                "-S",
                str(_ENTRY / "init.py"),
                kind,
                str(theirs.fileno()),
                str(os.getpid()),
            ]
            given = [] if link is None else [link.fileno()]
            self._process = subprocess.Popen(
                [*command, json.dumps(dict(setup)), *map(str, given)],
                pass_fds=[theirs.fileno(), *given],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                # Not the reader's: in a lesson's processes, which are forked from it, names of sockets are UTF-8.
                env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            )

    async def start(
        self, name: str, host: str, channel: socket.socket, directory: Path, *, privileged: bool
    ) -> int:
        """Has a process started whose control channel is `channel`. Returns its pid in the lab. Raises `LabRefused`."""
        request: dict[str, Json] = {
            "directory": str(directory),
            "privileged": privileged,
            "program": str(self.program),
        }
        return await self._ask(name, host, channel, request)

    async def start_tracer(self, name: str, host: str, channel: socket.socket, *, private: bool) -> int:
        """Has the process started that watches programs on `host`; as `start`. ``private``: the lab has its network to itself."""
        return await self._ask(
            name, host, channel, {"traces": True, "private": private, "program": str(_ENTRY / "tracer.py")}
        )

    async def _ask(self, name: str, host: str, channel: socket.socket, request: Mapping[str, Json]) -> int:
        if self._control is None or self._lifeline is None:
            raise LabRefused(f"starting {name}", errno.ESRCH)
        answer: asyncio.Future[int] = may_go_unheard(asyncio.get_running_loop().create_future())
        self._answers[name] = answer
        request = {"name": name, "host": host, **request}
        rights = array.array("i", [channel.fileno(), self._lifeline[0]])
        try:
            self._control.sendmsg(
                [json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
            )
        except OSError as error:
            raise LabRefused(f"starting {name}", error.errno or 0) from None
        try:
            async with asyncio.timeout(PATIENCE):
                return await answer
        except TimeoutError:
            raise TooSlow(f"starting {name}") from None

    async def close(self) -> None:
        """Ends everything in the lab and waits until it is gone."""
        if self._lifeline is not None:
            for fd in self._lifeline:  # the kernel kills every lesson process, asleep or not
                os.close(fd)
            self._lifeline = None
        self._let_go()
        process, self._process = self._process, None
        if process is None:
            return
        # Without a limit of its own: with one, Popen.wait looks every now and then, at last every 50 ms.
        ended = asyncio.get_running_loop().run_in_executor(None, process.wait)
        await asyncio.wait({ended}, timeout=PATIENCE)
        if not ended.done():
            process.kill()
            await ended

    def _let_go(self) -> None:
        if self._control is not None:
            self._readers.remove(self._control)
            self._control.close()
            self._control = None

    def _read(self) -> None:
        if self._control is None:
            return
        try:
            data, ancillary, _flags, _address = self._control.recvmsg(
                1 << 16, socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(4 * 4)
            )
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionResetError:
            data, ancillary = b"", []
        fds: list[int] = []
        pid = 0
        for _level, kind, payload in ancillary:
            if kind == socket.SCM_RIGHTS:
                fds += struct.unpack(f"{len(payload) // 4}i", payload)
            elif kind == socket.SCM_CREDENTIALS:
                pid = struct.unpack("3i", payload[:12])[0]
        if not data:
            self._let_go()
            if self._ready is not None and not self._ready.done():
                self._ready.set_exception(LabRefused("starting the lab: its first process ended", 0))
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(LabRefused("the lab ended", errno.ESRCH))
            self._lost()
            return
        self._handle(json.loads(data), fds, pid)

    def _handle(self, message: Json, fds: Sequence[int], pid: int) -> None:
        match message:
            case {"event": "anchor", "host": str(host)}:
                self._anchors[host] = pid
            case {"event": "ready", "hosts": dict(hosts), "sysctls": dict(sysctls)}:
                waiting = iter(fds)
                furnished = {
                    host: _furnished(given, waiting, self._anchors.get(host, pid))
                    for host, given in hosts.items()
                }
                values = {name: str(value) for name, value in sysctls.items()}
                if self._ready is not None and not self._ready.done():
                    self._ready.set_result(Ready(pid, furnished, values))
            case {"event": "refused", "step": str(step), "errno": int(number), **rest}:
                asked = self._answers.pop(str(rest.get("name")), None) or self._ready
                if asked is not None and not asked.done():
                    asked.set_exception(LabRefused(step, number))
            case {"event": "started", "name": str(name), "pid": int(number)}:
                answer = self._answers.pop(name, None)
                if answer is not None and not answer.done():
                    answer.set_result(number)
            case {"event": "ended", "pid": int(number), "exit_code": code, "signal": signal}:
                self._died(
                    Death(
                        number,
                        code if isinstance(code, int) else None,
                        signal if isinstance(signal, str) else None,
                    )
                )
            case _:
                for fd in fds:
                    with contextlib.suppress(OSError):
                        os.close(fd)


def _furnished(given: Json, fds: Iterator[int], pid: int) -> FurnishedHost:
    """One host of init.py's word that the lab stands; takes its windows from the descriptors that came along."""
    match given:
        case {"windows": list(names), "refused": dict(refused)}:
            windows = {str(name): socket.socket(fileno=next(fds)) for name in names}
            numbers = {name: number for name, number in refused.items() if isinstance(number, int)}
            return FurnishedHost(pid, windows, numbers)
    return FurnishedHost(pid, {}, {})
