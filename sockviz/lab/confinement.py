"""The steps by which a process is shut in: namespaces, capabilities, limits, sysctls; and what is opened before it is.

Standard library only: it is part of what runs inside a lab (see init.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
from collections.abc import Collection, Iterable, Mapping

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG, PR_SET_NAME, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 1, 15, 24, 36
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 2, 4
CAPABILITY_VERSION_3 = 0x20080522
CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_PTRACE, CAP_SYS_ADMIN = 10, 12, 13, 19, 21
#: What an administrator's own programs are used to (linux/capability.h): CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID,
#: KILL, SETGID, SETUID, NET_BIND_SERVICE, NET_RAW, SYS_CHROOT.
OF_ROOT = frozenset({0, 1, 2, 3, 4, 5, 6, 7, CAP_NET_BIND_SERVICE, CAP_NET_RAW, 18})
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_SLAVE = 2, 4, 8, 0x4000, 0x80000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
NETLINK_SOCK_DIAG = 4
#: Buckets of the lab's own tables of connections and of UDP sockets.
OWN_TABLES = {"tcp_child_ehash_entries": 1024, "udp_child_hash_entries": 256}

libc = ctypes.CDLL(None, use_errno=True)


class StepRefused(Exception):
    """A step that this machine does not allow: (step, errno)."""


def check(result: int, step: str) -> int:
    """`result`, or StepRefused where a C function said -1."""
    if result == -1:
        raise StepRefused(step, ctypes.get_errno())
    return result


def prctl(option: int, *arguments: int) -> int:
    """The system call. Raises StepRefused."""
    numbers = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return check(libc.prctl(option, *numbers), f"prctl({option})")


def die_with(parent: int) -> None:
    """Dies when the process that started this one does. `parent` is its pid, to close the race with its death."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(1)


def default_signals() -> None:
    """No signal is blocked, and none ignored but by Python itself: an exec keeps what ``nohup``, ``&`` or others have left."""
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


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
    """Writes one of the files that set up a user namespace. Raises StepRefused."""
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError as error:
        raise StepRefused(path, error.errno) from None


def unshare_all() -> None:
    """Into namespaces of our own, as the same user there as here."""
    uid, gid = os.geteuid(), os.getegid()
    check(libc.unshare(CLONE_NEWUSER), "unshare(CLONE_NEWUSER)")
    write_map("/proc/self/setgroups", "deny")
    write_map("/proc/self/uid_map", f"{uid} {uid} 1")
    write_map("/proc/self/gid_map", f"{gid} {gid} 1")
    unshare_rest()


def unshare_rest() -> None:
    """From a user namespace of our own into others."""
    check(libc.unshare(CLONE_NEWNET), "unshare(CLONE_NEWNET)")
    check(libc.unshare(CLONE_NEWPID), "unshare(CLONE_NEWPID)")


def own_proc() -> None:
    """Has this process, and what it starts, find its PID namespace in /proc: ps and pgrep see the lab. Raises `StepRefused`."""
    check(libc.unshare(CLONE_NEWNS), "unshare(CLONE_NEWNS)")
    check(libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_SLAVE), None), "mount(MS_SLAVE)")
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC)
    check(libc.mount(b"proc", b"/proc", b"proc", flags, None), "mounting /proc")


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
            raise StepRefused("bringing lo up", error.errno) from None


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


_WINDOWS = {
    "diag": (socket.AF_NETLINK, NETLINK_SOCK_DIAG),
    "capture": (socket.AF_PACKET, 0),  # 0: nothing until it is bound
}


def windows(names: Iterable[str]) -> tuple[dict[str, socket.socket], dict[str, int]]:
    """The sockets with these `names`, "diag" and "capture", through which sockviz reads this network: {name: socket}. What is
    refused is reported by errno. One that captures takes 10 ms to be closed (net/packet/af_packet.c, synchronize_net)."""
    found: dict[str, socket.socket] = {}
    refused: dict[str, int] = {}
    for name in names:
        family, protocol = _WINDOWS[name]
        try:
            found[name] = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        except OSError as error:
            refused[name] = error.errno or 0
    return found, refused
