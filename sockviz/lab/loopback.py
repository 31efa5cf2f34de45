"""The two labs in which everything happens on one loopback interface: the machine's own, or one in namespaces of our own."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence

from sockviz.kernel import capture, procfs, sock_diag
from sockviz.kernel.counters import growth, read_counters
from sockviz.kernel.errors import Refused
from sockviz.kernel.observe import HostSources, ProcessSource, observe
from sockviz.lab.channel import Channel
from sockviz.lab.directory import LabDirectory, sweep
from sockviz.lab.lab import Begun, Job, Look, Taken
from sockviz.lab.messages import Ended, Entered, Hello, LabLost, Message, Returned, from_child
from sockviz.lab.ports import PRIVATE, choose_ports, ephemeral_range
from sockviz.lab.scope import Scope
from sockviz.lab.supervisor import PATIENCE, Death, LabRefused, Ready, Supervisor
from sockviz.model.sockets import Asleep, SocketRow, State
from sockviz.model.timeline import LabFacts
from sockviz.model.values import BadValue, Json, encode

#: The one host of these labs.
LOOPBACK = "loopback"
ADDRESS = "127.0.0.1"
#: A held or unanswered handshake lives as long as a lecturer talks, and a waiting SYN comes every second.
SYSCTLS = {
    "net.ipv4.tcp_syn_retries": "127",
    "net.ipv4.tcp_synack_retries": "255",
    "net.ipv4.tcp_syn_linear_timeouts": "127",
}
#: Where child.py's control channel and lifeline are (see init.py); they are not the lesson's.
HIDDEN = frozenset(range(900, 1024))
#: Most processes at a time in one lab.
MOST = 64
#: What a lesson calls that which init.py's window gives.
_FACTS = {"capture": "packets"}


class LoopbackLab:
    """A lab on one loopback interface. Made by `open_lab`; to be closed by `close`, however the lesson ends."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.facts = LabFacts("host")
        self.counters: frozenset[str] = frozenset()
        self._supervisor = Supervisor(self._died, self._lost)
        self._channels: dict[str, Channel] = {}
        self._begun: dict[str, Begun] = {}
        self._hellos: dict[str, asyncio.Future[Hello]] = {}
        self._gone: set[str] = set()
        self._waiting: dict[str, int] = {}  # processes inside waitpid, and the number of that call
        self._pidfds: dict[str, int] = {}
        self._directory = LabDirectory()
        self._scope: Scope | None = None
        self._diag: sock_diag.SockDiag | None = None
        self._capture: socket.socket | None = None
        self._net = "/proc/self/net"
        self._baseline: Mapping[str, int] = {}
        self._closed = False

    async def open(self, kind: str) -> None:
        """Sets the lab up. Raises `LabRefused`; nothing is left then."""
        sweep()
        private = kind == "isolated"
        try:
            ready = await self._supervisor.open(kind, SYSCTLS if private else {})
            missing: dict[str, str] = {}
            if private:
                self._net = f"/proc/{ready.pid}/net"
                self._take_windows(ready, missing)
                ports: tuple[int, ...] = PRIVATE
            else:
                self._open_windows(missing)
                ports = choose_ports(self._all_rows(), ephemeral_range())
            self._scope = (
                None if private else Scope(frozenset(ports), str(self._directory.files), self._prefix)
            )
            facts = self._facts(private, missing)
            default = self._read_defaults(ready.sysctls)
            self.facts = LabFacts(kind, facts, (LOOPBACK,), {LOOPBACK: ADDRESS}, ports, default, missing)
            self._directory.note("ports", " ".join(map(str, ports)) + "\n")
            self._directory.note("init-pid", f"{kind} {ready.pid}\n")
        except BaseException:
            await self.close()
            raise

    # --- windows on the kernel -------------------------------------------------------------------------------

    def _take_windows(self, ready: Ready, missing: dict[str, str]) -> None:
        for name, number in ready.refused.items():
            missing[_FACTS.get(name, name)] = f"{os.strerror(number)} (errno {number})"
        if "diag" in ready.windows:
            self._diag = sock_diag.SockDiag(ready.windows["diag"])
        if "capture" in ready.windows:
            try:
                self._capture = capture.prepare_capture(ready.windows["capture"], "lo")
            except Refused as refusal:
                missing["packets"] = str(refusal)

    def _open_windows(self, missing: dict[str, str]) -> None:
        try:
            self._diag = sock_diag.SockDiag(sock_diag.open_sock_diag())
        except Refused as refusal:
            missing["diag"] = str(refusal)
        try:
            self._capture = capture.open_capture("lo")
        except Refused as refusal:  # EPERM for an ordinary user: the usual case
            missing["packets"] = str(refusal)

    def _facts(self, private: bool, missing: dict[str, str]) -> tuple[str, ...]:
        found = ["private"] if private else []
        if self._capture is not None:
            found.append("packets")
        try:
            self._baseline = read_counters(self._net)
            self.counters = frozenset(self._baseline)
            found.append("counters")
        except Refused as refusal:
            missing["counters"] = str(refusal)
        try:
            with open(f"{self._net}/if_inet6") as interfaces:
                if any(line.split()[0] == "0" * 31 + "1" for line in interfaces):
                    found.append("ipv6")
        except OSError:
            missing["ipv6"] = "this kernel has no IPv6"
        return tuple(found)

    def _read_defaults(self, in_force: Mapping[str, str]) -> Mapping[str, str]:
        """Of the sysctls that were set, those that now differ from this machine's own."""
        differs = {}
        for name, value in in_force.items():
            try:
                with open("/proc/sys/" + name.replace(".", "/")) as file:
                    if file.read().strip() == value:
                        continue
            except OSError:
                pass  # unreadable here: then it is said, as a difference
            differs[name] = value
        return differs

    @property
    def _prefix(self) -> bytes:
        return f"sockviz-{os.getpid()}-".encode()

    # --- processes ----------------------------------------------------------------------------------------------

    async def start(self, name: str, host: str, *, privileged: bool) -> Begun:
        """Starts a process of the lesson on `host`, of which there is only one. Raises `LabRefused`."""
        if host != LOOPBACK:
            raise LabRefused(f"starting {name}: this lab has no host {host}", 0)
        if len(self._begun) - len(self._gone) >= MOST:
            raise LabRefused(f"starting {name}: {MOST} processes are the most a lesson may have", 0)
        channel = self._open_channel(name)
        if channel.theirs is None:
            raise LabRefused(f"starting {name}", 0)
        hello = self._hellos[name]
        try:
            await self._supervisor.start(name, channel.theirs, self._directory.files, privileged=privileged)
        finally:
            channel.hand_over()
        await asyncio.wait({hello}, timeout=PATIENCE)
        if hello.cancelled():
            raise LabRefused(f"starting {name}: it ended before its first call", 0)
        if not hello.done():
            raise LabRefused(f"starting {name}", errno.ETIMEDOUT)
        names: dict[str, Json] = {"HOST": ADDRESS}
        for number, port in enumerate(self.facts.ports, start=1):
            names["PORT" if number == 1 else f"PORT{number}"] = port
        await channel.send(
            {"op": "bind", "names": names, "prefix": encode(self._prefix if self._scope else b"")}
        )
        return self._begun[name]

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""
        channel = self._channels[process]
        message: Json = {
            "op": "perform",
            "line": job.line,
            "value": job.value,
            "targets": list(job.targets),
            "unpacks": job.unpacks,
            "pids": [begun.pid for name, begun in self._begun.items() if name not in self._gone],
        }
        if job.child is None or len(self._begun) - len(self._gone) >= MOST:
            await channel.send(message)  # without a channel for its child a process refuses to fork
            return
        spare = self._open_channel(job.child)
        try:
            await channel.send(message, spare.theirs.fileno() if spare.theirs else None)
        finally:
            spare.hand_over()

    def begun(self, process: str) -> Begun | None:
        """A process of the lab, also one that was forked."""
        return self._begun.get(process)

    def _open_channel(self, name: str) -> Channel:
        self._hellos[name] = asyncio.get_running_loop().create_future()
        channel = Channel(lambda json: self._heard(name, json), lambda: self._hung_up(name))
        self._channels[name] = channel
        return channel

    def _heard(self, name: str, json: Json) -> None:
        try:
            message = from_child(name, json)
        except BadValue as error:
            self.messages.put_nowait(LabLost(f"{name} spoke nonsense: {error}"))
            return
        self._learn_of_deaths(message)
        if isinstance(message, Hello):
            outer = self._channels[name].outer_pid
            self._begun[name] = Begun(message.pid, outer, LOOPBACK, message.at)
            self._watch(name, outer)
            if not self._hellos[name].done():
                self._hellos[name].set_result(message)
        self.messages.put_nowait(message)

    def _hung_up(self, name: str) -> None:
        hello = self._hellos[name]
        if not hello.done():  # it never spoke: could not start, or a fork that failed
            hello.cancel()

    # --- deaths ----------------------------------------------------------------------------------------------------

    def _watch(self, name: str, outer_pid: int) -> None:
        try:
            pidfd = os.pidfd_open(outer_pid)
        except OSError:
            return  # ESRCH: gone already, init.py's word will come; ENOSYS, EPERM: likewise
        self._pidfds[name] = pidfd
        asyncio.get_running_loop().add_reader(pidfd, self._pidfd_readable, name)

    def _pidfd_readable(self, name: str) -> None:
        self._unwatch(name)
        begun = self._begun[name]
        stat = procfs.read_stat(begun.outer_pid)
        if (
            stat is None
        ):  # its parent has waited for it before we could look: the parent's waitpid, or init.py, knows
            asyncio.get_running_loop().call_later(0.2, self._end, name, None, None)
            return
        self._end(name, *_ending(stat.exit_code))

    def _learn_of_deaths(self, message: Message) -> None:
        """A child that its parent has waited for is gone from /proc: what waitpid told the parent is all there is."""
        match message:
            case Entered(function="os.waitpid"):
                self._waiting[message.process] = message.call
            case Returned(error=None, value=(int(pid), int(status))):
                over = os.WIFEXITED(status) or os.WIFSIGNALED(status)
                if message.call == self._waiting.get(message.process) and pid and over:
                    self._died(Death(pid, *_ending(status)))

    def _died(self, death: Death) -> None:
        for name, begun in self._begun.items():
            if begun.pid == death.pid and name not in self._gone:
                self._end(name, death.exit_code, death.signal)
                return

    def _end(self, name: str, exit_code: int | None, signal: str | None) -> None:
        if name in self._gone or self._closed:
            return
        self._gone.add(name)
        self._unwatch(name)
        self.messages.put_nowait(Ended(name, exit_code, signal, time.time()))

    def _unwatch(self, name: str) -> None:
        pidfd = self._pidfds.pop(name, None)
        if pidfd is not None:
            asyncio.get_running_loop().remove_reader(pidfd)
            os.close(pidfd)

    def _lost(self) -> None:
        if not self._closed:
            self.messages.put_nowait(
                LabLost("the lab's first process ended, and every process of the lesson with it")
            )

    # --- looking ------------------------------------------------------------------------------------------------------

    def _all_rows(self) -> Sequence[SocketRow]:
        return observe(HostSources(self._diag, self._net), (), time.time()).rows

    def look(self) -> Sequence[Look]:
        """Observes the host once."""
        sources = [
            ProcessSource(name, begun.outer_pid, HIDDEN)
            for name, begun in self._begun.items()
            if name not in self._gone
        ]
        reading = observe(HostSources(self._diag, self._net), sources, time.time())
        rows: Sequence[SocketRow] = reading.rows
        if self._scope is not None:
            rows = self._scope.only(rows, reading.processes)
        # Stamped when all is read: what the rows show has then happened before, packets that caused it included.
        return [
            Look(time.time(), LOOPBACK, rows, reading.processes, growth(self._baseline, reading.counters))
        ]

    def asleep(self, process: str) -> Asleep | None:
        """What the kernel says of one process's sleep, now."""
        begun = self._begun.get(process)
        if begun is None or process in self._gone:
            return None
        stat = procfs.read_stat(begun.outer_pid)
        return procfs.read_asleep(begun.outer_pid, stat.state) if stat else None

    def drain(self) -> Sequence[Taken]:
        """Takes what the capture holds."""
        if self._capture is None:
            return []
        taken = capture.read_packets(self._capture, "lo")
        if self._scope is not None:
            taken = [packet for packet in taken if self._scope.concerns(packet)]
        return [Taken(LOOPBACK, taken, capture.lost_packets(self._capture))]

    # --- the end --------------------------------------------------------------------------------------------------------

    async def close(self) -> tuple[str, ...]:
        """Ends everything. Returns what the kernel itself keeps for a while: TIME-WAIT and orphans on the host's loopback."""
        if self._closed:
            return ()
        self._closed = True
        for name in list(self._pidfds):
            self._unwatch(name)
        for channel in self._channels.values():
            channel.close()
        await self._supervisor.close()
        left = self._left()
        if self._diag is not None:
            self._diag.close()
        if self._capture is not None:
            self._capture.close()
        self._directory.remove()
        return left

    def _left(self) -> tuple[str, ...]:
        scope = self._scope
        if scope is None:
            return ()
        rows = [
            row
            for row in scope.only(self._all_rows(), ())
            if row.protocol == "TCP" and row.state is not State.CLOSED
        ]
        return tuple(
            f"{row.state} {_text(row.local)} → {_text(row.peer)}: the kernel keeps it for up to a minute"
            for row in rows
        )


def _ending(status: int) -> tuple[int | None, str | None]:
    """Exit status and signal of a wait status: one of them."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return code, None
    named = {each.value: each.name for each in signal.Signals}
    return None, named.get(-code, f"signal {-code}")  # most real-time signals have no name


def _text(address: object) -> str:
    return f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)


async def open_lab(kind: str) -> LoopbackLab:
    """A lab of the kind ``host`` or ``isolated``. Raises `LabRefused`."""
    try:
        lab = LoopbackLab()
    except OSError as error:
        # EACCES, EROFS, ENOSPC, EDQUOT; ENOENT: tempfile found no directory at all that can be written.
        place = error.filename or "TMPDIR, /tmp, /var/tmp or here"
        raise LabRefused(f"making a temporary directory ({place})", error.errno or 0) from None
    await lab.open(kind)
    return lab
