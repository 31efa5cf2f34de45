"""The first process of a lab: starts lesson processes on request, reaps them, and takes them along when it dies.

Standard library only; run as ``python -I -S entry/init.py KIND CONTROL_FD SOCKVIZ_PID SETUP [LINK_FD]``. With KIND ``isolated``
it first moves into user, network and PID namespaces of its own (so it is the lab's pid 1, and everything in the lab dies with it)
and hands out the sockets that read that network's tables and packets. With KIND ``two-hosts`` it makes a network namespace for
each host besides, and starts the link between them (wire.py). With KIND ``host`` it stays where it is and adopts orphans instead.

SETUP is JSON: the ``sysctls`` to set, the lab's ``directory``, whether it is for ``programs`` of the user's own, on two hosts
the version of ``ip`` by which they reach each other, and on the machine's own loopback the ``ports`` that are the lesson's, the
number ``below`` which the kernel gives none, and the ``ephemeral`` range. Before the first lesson process starts the second wall
is put up (landlock.py; each process adds its own from seccomp.py, in cradle.py).

Requests and answers are JSON datagrams on a SOCK_SEQPACKET socket, descriptors beside them (SCM_RIGHTS).
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence

from sockviz.lab import landlock
from sockviz.lab.confinement import (
    CAP_NET_ADMIN,
    CAP_NET_RAW,
    CAP_SYS_ADMIN,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_NAME,
    StepRefused,
    default_signals,
    die_with,
    drop_capabilities,
    enter_network,
    libc,
    loopback_up,
    new_network,
    prctl,
    set_sysctls,
    unshare_all,
    windows,
)
from sockviz.lab.cradle import Cradle, hold
from sockviz.lab.wait_status import ending
from sockviz.model.hosts import HOSTS, LOOPBACK

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any, NoReturn

#: What `ps` calls the link between them.
WIRE = b"sockviz-wire"
#: How long the last processes may take to die, in seconds, before this one goes without them.
LEAVING = 5


class Init:
    """The loop: requests in, answers and deaths out. ``networks`` has a descriptor of each host's network, where it differs."""

    def __init__(
        self,
        control: socket.socket,
        setup: Mapping[str, Any],
        networks: Mapping[str, int] | None = None,
        anchors: Sequence[int] = (),
        keep: frozenset[int] = frozenset(),
    ) -> None:
        self.control = control
        self.is_for_lessons = not setup.get("programs")
        self.cradle = Cradle("ports" in setup, networks or {}, keep)
        self.anchors = anchors  # the lab's and not the lesson's: the lifeline does not reach them
        self.lifelines: list[int] = []

    def tell(self, message: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
        """Answers sockviz, with descriptors beside the words."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self.control.sendmsg([json.dumps(message).encode()], ancillary)
        except OSError:
            self.leave()  # EPIPE, ECONNRESET: sockviz has gone, or is closing the lab

    def serve(self) -> NoReturn:
        """Starts and reaps until sockviz goes."""
        reading, waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(reading, select.POLLIN)
        # sockviz has heard that the lab stands: it has something to do meanwhile
        self.cradle.warm_up(self.is_for_lessons)
        while True:
            for fd, _events in poll.poll():
                if fd == reading:
                    os.read(reading, 4096)
                    self.reap()
                else:
                    self.hear()

    def hear(self) -> None:
        """Takes one request."""
        try:
            data, ancillary, _flags, _address = self.control.recvmsg(1 << 16, socket.CMSG_SPACE(4 * 4))
        except ConnectionResetError:
            self.leave()  # sockviz has closed the lab, and had not read all that it was told
        fds = [
            fd
            for _level, kind, payload in ancillary
            if kind == socket.SCM_RIGHTS
            for fd in struct.unpack(f"{len(payload) // 4}i", payload)
        ]
        if not data:
            self.leave()  # end-of-file: sockviz has closed the lab
        message = json.loads(data)
        try:
            self.tell({"event": "started", "name": message["name"], "pid": self.start(message, fds)})
        except OSError as error:
            self.tell({"event": "refused", "name": message["name"], "step": "fork", "errno": error.errno})
        except StepRefused as refusal:
            step, number = refusal.args
            self.tell({"event": "refused", "name": message["name"], "step": step, "errno": number})
        for fd in fds:
            os.close(fd)

    def start(self, message: Mapping[str, Any], fds: Sequence[int]) -> int:
        """Forks a process of the lesson. Returns its pid here."""
        control, lifeline = fds
        me = os.getpid()
        pid = os.fork()
        if pid:
            # A second hold on it, out of its reach: whatever it may do to its own copy, this one ends it and all its children.
            try:
                self.lifelines.append(hold(lifeline, pid))
            except (
                OSError
            ) as error:  # EINVAL, ENOSYS: a sandbox that knows no F_SETSIG, without which it has ended too
                raise StepRefused("the lifeline (F_SETOWN, F_SETSIG, O_ASYNC)", error.errno) from None
            return pid
        become = self.cradle.become_tracer if message.get("traces") else self.cradle.become
        self.control.detach()  # its number will be another's, and no end of this object's may close that
        try:
            become(message, control, lifeline, me)
        finally:  # whatever it was: nobody reads what is written here (standard error is /dev/null)
            os._exit(127)

    def leave(self) -> NoReturn:
        """Ends when every process of the lesson has, for the lifeline has killed them all, and the wire, which hears by itself
        that sockviz has gone. Orphans are children of this one."""
        for pid in self.anchors:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, signal.SIGKILL)
        signal.alarm(LEAVING)
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                os._exit(0)

    def reap(self) -> None:
        """Takes note of every child that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code, by = ending(status)
            self.tell({"event": "ended", "pid": pid, "exit_code": code, "signal": by})


def shut_in(setup: Mapping[str, Any]) -> None:
    """Puts up the wall over the lab's files, TCP ports and signals: not over the user's own programs, whose files are theirs."""
    if setup.get("programs"):
        return
    ports: Iterable[int] | None = None
    if "ports" in setup:
        low, high = setup["ephemeral"]
        ports = sorted({*setup["ports"], *range(setup["below"]), 0, *range(low, high + 1)})
    with contextlib.suppress(
        StepRefused
    ):  # E2BIG, ENOMEM: more rules than this kernel holds; the first wall stands
        landlock.shut_in(setup["directory"], ports)


def become_first(control: socket.socket, setup: Mapping[str, Any]) -> frozenset[int]:
    """Moves into the lab's namespaces and becomes its pid 1 there; the process that called only waits for it. Returns the
    capabilities that programs of the user's own have there."""
    keep: frozenset[int] = frozenset()
    if setup.get("programs"):
        from sockviz.lab.users import unshare_with_users

        keep = unshare_with_users()
    else:
        unshare_all()
    try:
        pid = os.fork()
    except OSError as error:
        # EAGAIN: RLIMIT_NPROC or the pids cgroup. ENOMEM: the PID namespace cannot be made.
        raise StepRefused("starting the lab's first process", error.errno) from None
    if pid:
        # The launcher only waits: when sockviz dies it dies, and pid 1 with it. Of what it was given it keeps nothing: a copy
        # of the wire's end of its channel would hide that the wire has died.
        control.close()
        os.closerange(3, 4096)
        os.waitpid(pid, 0)
        os._exit(0)
    die_with(0)  # the parent is outside this PID namespace: getppid is 0 whether it lives or not
    return keep


class Furnishing:
    """What the hosts of a lab were given, to be told to sockviz in one message."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, Any]] = {}
        self.sockets: list[socket.socket] = []
        self.in_force: dict[str, str] = {}

    def furnish(self, host: str, sysctls: Mapping[str, str], names: Iterable[str]) -> None:
        """Sets up the network that we are in, as `host`, with the windows of these `names`."""
        loopback_up()
        in_force, left_alone = set_sysctls(sysctls)
        found, refused = windows(names)
        self.in_force.update(in_force)
        self.hosts[host] = {"windows": list(found), "refused": refused | left_alone}
        self.sockets += found.values()

    def hand_over(self, init: Init) -> None:
        """Says that the lab stands, with all its windows, and keeps none of them."""
        message = {"event": "ready", "hosts": self.hosts, "sysctls": self.in_force}
        init.tell(message, [sock.fileno() for sock in self.sockets])
        for sock in self.sockets:
            sock.close()


def isolated(control: socket.socket, setup: Mapping[str, Any]) -> NoReturn:
    """One host with a loopback interface."""
    keep = become_first(control, setup)
    os.close(new_network())
    lab = Furnishing()
    lab.furnish(LOOPBACK, setup["sysctls"], ("diag", "capture"))
    init = Init(control, setup, keep=keep)
    shut_in(setup)
    lab.hand_over(init)
    init.serve()


def two_hosts(control: socket.socket, setup: Mapping[str, Any], link: int) -> NoReturn:
    """Two hosts, and between them the wire, in a third network where nobody lives."""
    keep = become_first(control, setup)
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start_wire(link, theirs.fileno(), setup.get("ip", 4))  # first of all: what it imports takes the longest
    theirs.close()
    anchors = []
    lab = Furnishing()
    networks: dict[str, int] = {}
    for name in HOSTS:
        networks[name] = new_network()
        lab.furnish(name, setup["sysctls"], ("diag",))  # the wire sees all that passes
        anchors.append(anchor(control, name))
        enter_network(home)
    with contextlib.suppress(OSError):  # EPIPE: it has ended, which sockviz hears on its own channel
        socket.send_fds(ours, [b"networks"], [home, *networks.values()])
    ours.close()
    init = Init(control, setup, networks, anchors, keep)
    shut_in(setup)
    lab.hand_over(init)
    init.serve()


def anchor(control: socket.socket, host: str) -> int:
    """A process that only lives in the network we are in: /proc/PID/net is how sockviz reads that network's counters."""
    me = os.getpid()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        os.read(reading, 1)  # end-of-file: it has said so
        os.close(reading)
        return pid
    die_with(me)
    # Its credentials go along with the message and tell sockviz its pid.
    control.send(json.dumps({"event": "anchor", "host": host}).encode())
    os.closerange(0, 4096)
    while True:
        signal.pause()


def start_wire(link: int, networks: int, ip: int) -> None:
    """Starts the process that forwards frames, which hears of its networks on the socket `networks`."""
    me = os.getpid()
    if os.fork():
        os.close(link)
        return
    try:
        become_wire(me, link, networks, ip)
    finally:
        os._exit(1)


def become_wire(parent: int, link: int, networks: int, ip: int) -> None:
    """Runs wire.py: in this interpreter, since a new one and what it imports would take longer than all the rest of the lab."""
    die_with(parent)
    libc.prctl(PR_SET_NAME, WIRE)
    low, high = sorted((link, networks))
    for begin, end in ((3, low), (low + 1, high), (high + 1, 4096)):
        os.closerange(begin, end)
    drop_capabilities((CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN))
    from sockviz.lab.wire_port import Port

    ports = {name: Port() for name in HOSTS}  # while they are made there is time for the rest
    from sockviz.lab import wire

    wire.main(link, networks, ip, ports)


def host(control: socket.socket, setup: Mapping[str, Any]) -> NoReturn:
    """Stays in this machine's own network; orphans of a lesson become children of this process."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    init = Init(control, setup)
    shut_in(setup)
    init.tell({"event": "ready", "hosts": {LOOPBACK: {"windows": [], "refused": {}}}, "sysctls": {}})
    init.serve()


def main() -> None:
    """See the module's docstring."""
    default_signals()  # or a blocked SIGCHLD would hide every death, an ignored SIGALRM keep it waiting for the last ones
    kind, control_fd, parent, setup = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    try:
        die_with(parent)
        if kind == "isolated":
            isolated(control, setup)
        elif kind == "two-hosts":
            two_hosts(control, setup, int(sys.argv[5]))
        else:
            host(control, setup)
    except StepRefused as refusal:
        step, number = refusal.args
        control.send(json.dumps({"event": "refused", "step": step, "errno": number}).encode())
