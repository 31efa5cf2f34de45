"""The first process of a lab: starts lesson processes on request, reaps them, and takes them along when it dies.

Standard library only; run as ``python -I -S init.py KIND CONTROL_FD SOCKVIZ_PID SYSCTLS [LINK_FD]``. With KIND ``isolated`` it
first moves into user, network and PID namespaces of its own (so it is the lab's pid 1, and everything in the lab dies with it)
and hands out the sockets that read that network's tables and packets. With KIND ``two-hosts`` it makes a network namespace for
each host besides, and starts the link between them (wire.py). With KIND ``host`` it stays where it is and adopts orphans instead.

Requests and answers are JSON datagrams on a SOCK_SEQPACKET socket, descriptors beside them (SCM_RIGHTS).
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NAME, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 15, 24, 36
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 2, 4
CAPABILITY_VERSION_3 = 0x20080522
CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN = 10, 12, 13, 21
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
NETLINK_SOCK_DIAG = 4
F_SETSIG = 10
#: Buckets of the lab's own tables of connections and of UDP sockets.
OWN_TABLES = {"tcp_child_ehash_entries": 1024, "udp_child_hash_entries": 256}
#: The hosts of a lab that has two, in the order that wire.py expects them.
HOSTS = ("client", "server")
#: What `ps` calls the link between them.
WIRE = b"sockviz-wire"
#: Where a lesson process's control channel and lifeline are, out of the way of its own numbers.
CONTROL, LIFELINE = 1001, 1002
#: Address space of a lesson process: room for a few of the largest values, no more.
ADDRESS_SPACE = 1 << 30
#: As many descriptors as most systems allow a process; those two must be among them.
DESCRIPTORS = 1024
#: How long the last processes may take to die, in seconds, before this one goes without them.
LEAVING = 5

libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """A step that this machine does not allow: (step, errno)."""


def check(result: int, step: str) -> int:
    """`result`, or Refused where a C function said -1."""
    if result == -1:
        raise Refused(step, ctypes.get_errno())
    return result


def prctl(option: int, *arguments: int) -> int:
    """The system call. Raises Refused."""
    numbers = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return check(libc.prctl(option, *numbers), f"prctl({option})")


def die_with(parent: int) -> None:
    """Dies when the process that started this one does. `parent` is its pid, to close the race with its death."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(1)


def drop_capabilities(keep: Collection[int]) -> None:
    """Leaves exactly the capabilities in `keep`, across exec, for root and for anyone."""
    for capability in range(64):
        # EPERM: without CAP_SETPCAP, as for an ordinary user, there is nothing to gain from the bounding set either.
        # EINVAL: past the last capability of this kernel.
        if capability not in keep:
            libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    mask = sum(1 << capability for capability in keep)
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    data = struct.pack("6I", low, low, low, high, high, high)
    check(libc.capset(header, data), "capset")
    for capability in keep:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def limit_to(kind: int, *, least: int = 0, most: int | None = None) -> None:
    """Brings a resource limit of this process between two bounds, as far as the hard limit lets it."""
    soft, hard = resource.getrlimit(kind)
    if most is not None and (hard == resource.RLIM_INFINITY or hard > most):
        resource.setrlimit(kind, (most, most))
    elif soft != resource.RLIM_INFINITY and soft < least:
        resource.setrlimit(kind, (least if hard == resource.RLIM_INFINITY else min(least, hard), hard))


def write_map(path: str, text: str) -> None:
    """Writes one of the files that set up a user namespace. Raises Refused."""
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError as error:
        raise Refused(path, error.errno) from None


def unshare_all() -> None:
    """Into namespaces of our own, as the same user there as here."""
    uid, gid = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER), "unshare(CLONE_NEWUSER)")
    write_map("/proc/self/setgroups", "deny")
    write_map("/proc/self/uid_map", f"{uid} {uid} 1")
    write_map("/proc/self/gid_map", f"{gid} {gid} 1")
    check(libc.unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)")
    check(libc.unshare(CLONE_NEWPID), "unshare(CLONE_NEWPID)")


def new_network() -> int:
    """Moves on into a network namespace of a host's own. Returns a descriptor of it."""
    for name, buckets in OWN_TABLES.items():
        # net/ipv4/inet_hashtables.c, inet_pernet_hashinfo_alloc, and net/ipv4/udp.c, udp_set_table: the next child namespace
        # gets a table of its own, so that listing its sockets does not walk the whole machine's. ENOENT: before Linux 6.1
        # and 6.2; then it does.
        with contextlib.suppress(OSError), open(f"/proc/sys/net/ipv4/{name}", "w") as file:
            file.write(str(buckets))
    check(libc.unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)")
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter_network(namespace: int) -> None:
    """Moves this process into a network namespace."""
    check(libc.setns(namespace, CLONE_NEWNET), "setns(CLONE_NEWNET)")


def loopback_up() -> None:
    """Sets lo up, as `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14x", b"lo", 0)
        try:
            flags = struct.unpack("16sH14x", fcntl.ioctl(probe, SIOCGIFFLAGS, request))[1]
            fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
        except OSError as error:
            raise Refused("bringing lo up", error.errno) from None


def set_sysctls(wanted: Mapping[str, str]) -> tuple[dict[str, str], dict[str, int]]:
    """Sets what this kernel has; returns the values in force of those that could be set, and the others' errnos."""
    in_force, refused = {}, {}
    for name, value in wanted.items():
        path = "/proc/sys/" + name.replace(".", "/")
        try:
            with open(path, "r+") as file:
                file.write(str(value))
            with open(path) as file:
                in_force[name] = file.read().strip()
        except FileNotFoundError:
            continue  # newer than this kernel
        except OSError as error:
            # EROFS: a container's /proc/sys. EACCES, EINVAL: left at its default.
            refused[name] = error.errno or 0
    return in_force, refused


def windows() -> tuple[dict[str, socket.socket], dict[str, int]]:
    """The sockets through which sockviz reads this network: {name: socket}. What is refused is reported by errno."""
    found: dict[str, socket.socket] = {}
    refused: dict[str, int] = {}
    for name, arguments in {
        "diag": (socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG),
        "capture": (
            socket.AF_PACKET,
            socket.SOCK_RAW | socket.SOCK_CLOEXEC,
            0,
        ),  # 0: nothing until it is bound
    }.items():
        try:
            found[name] = socket.socket(*arguments)
        except OSError as error:
            refused[name] = error.errno or 0
    return found, refused


class Init:
    """The loop: requests in, answers and deaths out. ``networks`` has a descriptor of each host's network, where it differs."""

    def __init__(
        self, control: socket.socket, networks: Mapping[str, int] | None = None, own: Sequence[int] = ()
    ) -> None:
        self.control = control
        self.networks = networks or {}
        self.own = own  # processes that are the lab's and not the lesson's: the lifeline does not reach them

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
        while True:
            for fd, _events in poll.poll():
                if fd == reading:
                    os.read(reading, 4096)
                    self.reap()
                else:
                    self.hear()

    def hear(self) -> None:
        """Takes one request."""
        data, ancillary, _flags, _address = self.control.recvmsg(1 << 16, socket.CMSG_SPACE(4 * 4))
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
        for fd in fds:
            os.close(fd)

    def start(self, message: Mapping[str, Any], fds: Sequence[int]) -> int:
        """Forks a process of the lesson. Returns its pid here."""
        control, lifeline = fds
        me = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        try:
            self.become(message, control, lifeline, me)
        except BaseException as error:
            os.write(2, f"sockviz: {message['name']} could not start: {error!r}\n".encode())
        finally:
            os._exit(127)

    def become(self, message: Mapping[str, Any], control: int, lifeline: int, parent: int) -> NoReturn:
        """In the new process: from here on it is the lesson's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        die_with(parent)
        if message["host"] in self.networks:
            enter_network(self.networks[message["host"]])
        limit_to(resource.RLIMIT_NOFILE, least=DESCRIPTORS)  # or the numbers below could not be had
        # When sockviz dies its end of the lifeline closes, and the kernel sends SIGKILL to the whole group: also to a
        # forked child whose parent is gone, and to one that sleeps in a system call.
        # The owner of the signal is a property of the open file, and all processes were sent the same one: open our own.
        lifeline = os.open(f"/proc/self/fd/{lifeline}", os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpid())
        fcntl.fcntl(lifeline, F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        os.dup2(control, CONTROL)
        os.dup2(lifeline, LIFELINE)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, CONTROL)
        os.closerange(LIFELINE + 1, 4096)
        os.chdir(message["directory"])
        limit_to(resource.RLIMIT_AS, most=ADDRESS_SPACE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        keep = (CAP_NET_BIND_SERVICE, CAP_NET_RAW) if message["privileged"] else ()
        drop_capabilities(keep)
        command = [sys.executable, "-I", "-S", message["program"], str(CONTROL)]
        os.execve(sys.executable, command, {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})

    def leave(self) -> NoReturn:
        """Ends when every process of the lesson has: the lifeline has killed them all. Orphans are children of this one."""
        for pid in self.own:
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
            code = os.waitstatus_to_exitcode(status)
            named = {each.value: each.name for each in signal.Signals}
            self.tell({
                "event": "ended", "pid": pid, "exit_code": code if code >= 0 else None,
                "signal": named.get(-code, f"signal {-code}") if code < 0 else None,
            })  # fmt: skip


def become_first(control: socket.socket) -> None:
    """Moves into the lab's namespaces and becomes its pid 1 there; the process that called only waits for it."""
    unshare_all()
    try:
        pid = os.fork()
    except OSError as error:
        # EAGAIN: RLIMIT_NPROC or the pids cgroup. ENOMEM: the PID namespace cannot be made.
        raise Refused("starting the lab's first process", error.errno) from None
    if pid:
        # The launcher only waits: when sockviz dies it dies, and pid 1 with it. Of what it was given it keeps nothing: a copy
        # of the wire's end of its channel would hide that the wire has died.
        control.close()
        os.closerange(3, 4096)
        os.waitpid(pid, 0)
        os._exit(0)
    die_with(0)  # the parent is outside this PID namespace: getppid is 0 whether it lives or not


class Furnished:
    """What the hosts of a lab were given, to be told to sockviz in one message."""

    def __init__(self) -> None:
        self.hosts: dict[str, dict[str, Any]] = {}
        self.sockets: list[socket.socket] = []
        self.in_force: dict[str, str] = {}

    def furnish(self, host: str, sysctls: Mapping[str, str]) -> None:
        """Sets up the network that we are in, as `host`."""
        loopback_up()
        in_force, left_alone = set_sysctls(sysctls)
        found, refused = windows()
        self.in_force.update(in_force)
        self.hosts[host] = {"windows": list(found), "refused": refused | left_alone}
        self.sockets += found.values()

    def hand_over(self, init: Init) -> None:
        """Says that the lab stands, with all its windows, and keeps none of them."""
        message = {"event": "ready", "hosts": self.hosts, "sysctls": self.in_force}
        init.tell(message, [sock.fileno() for sock in self.sockets])
        for sock in self.sockets:
            sock.close()


def isolated(control: socket.socket, sysctls: Mapping[str, str]) -> NoReturn:
    """One host with a loopback interface."""
    become_first(control)
    os.close(new_network())
    lab = Furnished()
    lab.furnish("loopback", sysctls)
    init = Init(control)
    lab.hand_over(init)
    init.serve()


def two_hosts(control: socket.socket, sysctls: Mapping[str, str], link: int) -> NoReturn:
    """Two hosts, and between them the wire, in a third network where nobody lives."""
    become_first(control)
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    own = [start_wire(link, theirs.fileno())]  # first of all: its interpreter takes the longest
    theirs.close()
    lab = Furnished()
    networks: dict[str, int] = {}
    for name in HOSTS:
        networks[name] = new_network()
        lab.furnish(name, sysctls)
        own.append(anchor(control, name))
        enter_network(home)
    with contextlib.suppress(OSError):  # EPIPE: it has ended, which sockviz hears on its own channel
        socket.send_fds(ours, [b"networks"], [home, *networks.values()])
    ours.close()
    init = Init(control, networks, own)
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


def start_wire(link: int, networks: int) -> int:
    """Starts the process that forwards frames, which hears of its networks on the socket `networks`. Returns its pid."""
    me = os.getpid()
    pid = os.fork()
    if not pid:
        try:
            become_wire(me, link, networks)
        finally:
            os._exit(1)
    os.close(link)
    return pid


def become_wire(parent: int, link: int, networks: int) -> None:
    """Runs wire.py: in this interpreter, since a new one and what it imports would take longer than all the rest of the lab."""
    die_with(parent)
    libc.prctl(PR_SET_NAME, WIRE)
    low, high = sorted((link, networks))
    for begin, end in ((3, low), (low + 1, high), (high + 1, 4096)):
        os.closerange(begin, end)
    drop_capabilities((CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN))
    # -I leaves even this file's own package out.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from sockviz.lab import wire

    wire.main(link, networks)


def host(control: socket.socket) -> NoReturn:
    """Stays in this machine's own network; orphans of a lesson become children of this process."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    init = Init(control)
    init.tell({"event": "ready", "hosts": {"loopback": {"windows": [], "refused": {}}}, "sysctls": {}})
    init.serve()


def main() -> None:
    """See the module's docstring."""
    kind, control_fd, parent = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    control = socket.socket(fileno=control_fd)
    control.set_inheritable(False)
    try:
        die_with(parent)
        if kind == "isolated":
            isolated(control, json.loads(sys.argv[4]))
        elif kind == "two-hosts":
            two_hosts(control, json.loads(sys.argv[4]), int(sys.argv[5]))
        else:
            host(control)
    except Refused as refusal:
        step, number = refusal.args
        control.send(json.dumps({"event": "refused", "step": step, "errno": number}).encode())


if __name__ == "__main__":
    main()
