"""What /proc says of one process: its state, the call it sleeps in, its descriptors. `proc` is where /proc is mounted."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Collection
from functools import lru_cache

from sockviz.dataclass import dataclass
from sockviz.kernel.errors import BadMessage, KernelRefused
from sockviz.kernel.files import read_file
from sockviz.kernel.kept_files import Read
from sockviz.kernel.known_descriptors import KnownDescriptors
from sockviz.kernel.syscalls import syscall_name
from sockviz.model.sockets import MOST_WATCHED, Asleep, FdEntry, ProcessRow, Watched
from sockviz.pattern import pattern

#: States in which a process waits in the kernel: S interruptible, D not.
SLEEPING = frozenset("SD")
#: include/linux/sched.h: it is in do_exit. Its state may still be R.
PF_EXITING = 0x4

_INODE = pattern(r"(?:socket|pipe):\[(\d+)\]")
_FLAGS = pattern(rb"^flags:\s*([0-7]+)\n", re.MULTILINE)
_CAUGHT = pattern(rb"^SigCgt:\s*([0-9a-f]+)$", re.MULTILINE)
_NSPID = pattern(rb"^NSpid:.*?(\d+)$", re.MULTILINE)
#: Since Linux 4.13 with the inode of what is watched, in hexadecimal.
_WATCHED = pattern(
    rb"^tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+)(?:\s+pos:-?\d+ ino:([0-9a-f]+))?", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """The part of /proc/PID/stat that sockviz speaks of (Documentation/filesystems/proc.rst, table 1-4).

    ``starttime`` is in clock ticks since boot: with the pid it identifies a process. ``exit_code`` is a wait status.
    """

    pid: int
    comm: str
    state: str
    ppid: int
    starttime: int
    exit_code: int
    is_ending: bool = False


@lru_cache(maxsize=256)  # while a process sleeps its line stays the same
def parse_stat(text: bytes) -> ProcessStat:
    """/proc/PID/stat. The command may itself hold spaces and parentheses. Raises `BadMessage`."""
    head, _, tail = text.rpartition(b")")
    pid, _, comm = head.partition(b" (")
    fields = tail.split()
    try:
        if not text.endswith(b"\n") or len(fields) < 50:
            raise ValueError
        return ProcessStat(
            int(pid),
            os.fsdecode(comm),
            fields[0].decode("ascii"),
            int(fields[1]),
            int(fields[19]),
            int(fields[49]),
            bool(int(fields[6]) & PF_EXITING),
        )
    except ValueError:
        raise BadMessage(f"not a line of /proc/PID/stat: {text[:80]!r}") from None


def parse_syscall(
    text: bytes, machine: str = os.uname().machine
) -> tuple[str | None, tuple[int, ...]] | None:
    """/proc/PID/syscall: the call's name and its six arguments; None where the process was running.

    ``(None, ())`` where it waits outside any call, in a page fault say. For a call whose first argument is a
    descriptor, that is ``arguments[0]``. Raises `BadMessage`.
    """
    if text == b"running\n":
        return None
    fields = text.split()
    try:
        number = int(fields[0])
        if number == -1 and text.endswith(b"\n") and len(fields) == 3:
            return None, ()
        arguments = tuple(int(field, 16) for field in fields[1:7])
        if len(fields) != 9 or not text.endswith(b"\n"):
            raise ValueError
    except (ValueError, IndexError):
        raise BadMessage(f"not a line of /proc/PID/syscall: {text[:80]!r}") from None
    return syscall_name(number, machine), arguments


def parse_fd_flags(text: bytes) -> int:
    """The open-file flags in /proc/PID/fdinfo/N (octal there). Raises `BadMessage`."""
    found = _FLAGS.search(text)
    if found is None:
        raise BadMessage(f"no flags in /proc/PID/fdinfo: {text[:80]!r}")
    return int(found[1], 8)


@lru_cache(maxsize=16)  # a list that has not changed is written the same
def parse_watched(text: bytes) -> tuple[tuple[Watched, ...], int]:
    """The interest list in an epoll descriptor's fdinfo, by descriptor, and how many entries are more than are kept."""
    found = sorted(
        (
            Watched(int(fd), int(events, 16), int(data, 16) & 0xFFFFFFFF, int(inode or b"0", 16))
            for fd, events, data, inode in _WATCHED.findall(text)
        ),
        key=lambda watched: (watched.fd, watched.inode),
    )  # fmt: skip
    return tuple(found[:MOST_WATCHED]), max(0, len(found) - MOST_WATCHED)


def read_stat(pid: int, *, proc: str = "/proc", read: Read = read_file) -> ProcessStat | None:
    """What stat says of `pid`; None when it is gone. Raises `KernelRefused` where /proc hides it (hidepid)."""
    try:
        return parse_stat(read(f"{proc}/{pid}/stat"))
    except KernelRefused as refusal:
        if refusal.is_missing:
            return (
                None  # the process was reaped: there is no such directory, or it vanished while it was read
            )
        raise


def thread_of(pid: int, inner: int, *, proc: str = "/proc") -> int | None:
    """The thread of `pid` that its own PID namespace knows as `inner`; None where there is none, or nobody may look."""
    try:
        for name in os.listdir(f"{proc}/{pid}/task"):
            found = _NSPID.search(read_file(f"{proc}/{pid}/task/{name}/status"))
            if found is not None and int(found[1]) == inner:
                return int(name)
    except (OSError, KernelRefused):
        return None  # ENOENT, ESRCH: gone. EACCES: hidden
    return None


def read_asleep(pid: int, state: str, *, proc: str = "/proc", read: Read = read_file) -> Asleep | None:
    """Evidence that `pid`, in that `state` of its stat, sleeps; None where it runs, is stopped or dead.

    From the strongest file that may be read: syscall, else wchan, else the state alone.
    """
    if state not in SLEEPING:
        return None
    directory = f"{proc}/{pid}"
    shown = _wchan(directory, read)
    wchan = (
        None if shown is None else shown.partition(".")[0]
    )  # "poll_schedule_timeout.constprop.0": the compiler's
    try:
        text = read(f"{directory}/syscall")
        call = parse_syscall(text)
    except KernelRefused:
        # EPERM, EACCES: syscall asks for the right to trace (PTRACE_MODE_ATTACH), which Yama or another owner
        # withholds. ENOENT: built without CONFIG_HAVE_ARCH_TRACEHOOK, or gone. ESRCH: gone.
        if shown is None:
            return Asleep(None, (), None, state, "/proc/PID/stat", state)
        return Asleep(None, (), wchan, state, "/proc/PID/wchan", shown)
    if call is None:
        return None  # it woke between the two looks
    name, arguments = call
    return Asleep(name, arguments, wchan, state, "/proc/PID/syscall", text.decode("ascii").strip())


def read_run_delay(pid: int, *, proc: str = "/proc", read: Read = read_file) -> float:
    """For how long the first thread of `pid` could have run and had no CPU, since it began, in seconds; 0.0 where that is not to
    be read."""
    return read_times(pid, proc=proc, read=read)[1]


def read_times(pid: int, *, proc: str = "/proc", read: Read = read_file) -> tuple[float, float]:
    """For how long the first thread of `pid` has run, and for how long it could have and had no CPU, since it began, in seconds
    (Documentation/scheduler/sched-stats.rst); 0.0 where that is not to be read."""
    try:
        text = read(f"{proc}/{pid}/schedstat")
    except KernelRefused:
        return 0.0, 0.0  # ENOENT: built without CONFIG_SCHED_INFO, or gone. ESRCH: gone. EACCES: hidden
    fields = text.split()
    if len(fields) != 3 or not all(field.isdigit() for field in fields):
        return 0.0, 0.0
    return int(fields[0]) / 1e9, int(fields[1]) / 1e9


def read_caught(pid: int, *, proc: str = "/proc", read: Read = read_file) -> int | None:
    """The signals that `pid` has handlers for (see `sockviz.model.sockets.Asleep`); None where that is not to be read."""
    try:
        found = _CAUGHT.search(read(f"{proc}/{pid}/status"))
    except KernelRefused:
        return None  # ENOENT, ESRCH: gone. EACCES: hidden
    return int(found[1], 16) if found is not None else None


def _wchan(directory: str, read: Read) -> str | None:
    try:
        name = read(f"{directory}/wchan").decode("ascii", "replace").strip()
    except KernelRefused:
        # EACCES, EPERM: not our process. ENOENT: built without CONFIG_KALLSYMS, or gone. ESRCH: gone.
        return None
    return None if name in ("", "0") else name  # "0": it runs, or its kernel address is kept from us


def read_fds(
    pid: int,
    *,
    proc: str = "/proc",
    hidden: Collection[int] = (),
    read: Read = read_file,
    known: KnownDescriptors | None = None,
) -> tuple[FdEntry, ...] | None:
    """The descriptors of `pid` in order, without those of the inodes in `hidden`; None when it is gone. Raises
    `KernelRefused`."""
    directory = f"{proc}/{pid}/fd"
    try:
        names = os.listdir(directory)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ESRCH):
            return None  # it was reaped
        # EACCES: another user's process, or one that may not be looked at (not dumpable). EMFILE: our own limit.
        raise KernelRefused(error.errno or errno.EIO, f"list {directory}") from None
    fds = sorted(map(int, names))
    entries = (_fd_entry(f"{proc}/{pid}", fd, read, known) for fd in fds)
    return tuple(
        entry for entry in entries if entry is not None and not (entry.inode and entry.inode in hidden)
    )


def _fd_entry(directory: str, fd: int, read: Read, known: KnownDescriptors | None) -> FdEntry | None:
    path, fdinfo = f"{directory}/fd/{fd}", f"{directory}/fdinfo/{fd}"
    try:
        text = read(fdinfo)
        entry = known.find(path, text) if known is not None else None
        if entry is not None:
            return entry
        target = os.readlink(path)
        found = _INODE.fullmatch(target)
        protocol = _protocol(path) if target.startswith("socket:") else None
        watched = parse_watched(text) if b"\ntfd:" in text else ((), 0)
        entry = FdEntry(fd, target, int(found[1]) if found else 0, protocol, parse_fd_flags(text), *watched)
        if known is not None and entry.inode:
            known.note(path, text, entry, read(fdinfo))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ESRCH):
            return None  # closed between its flags and the link, or the process ended
        raise KernelRefused(error.errno or errno.EIO, f"readlink {path}") from None
    except KernelRefused as refusal:
        if refusal.is_missing:
            return None  # closed since the directory was listed
        raise
    return entry


def _protocol(path: str) -> str | None:
    try:
        # net/socket.c, sockfs_xattr_get: the name of the socket's struct proto, with its NUL.
        return os.getxattr(path, "system.sockprotoname").rstrip(b"\0").decode("ascii", "replace")
    except OSError:
        # ENOENT, ESRCH: closed in the meantime. EACCES, EPERM: not ours to look at. ENODATA, ENOTSUP: a sandbox's own
        # sockets. The row says all that is known without it.
        return None


def _is_undumpable(pid: int, proc: str) -> bool:
    """fs/proc/base.c, task_dump_owner: all that is in the directory of such a process counts as root's, it does not."""
    try:
        return os.stat(f"{proc}/{pid}/fd").st_uid != os.stat(f"{proc}/{pid}").st_uid
    except OSError:  # ENOENT, ESRCH: gone
        return True


def read_process(
    name: str,
    pid: int,
    *,
    proc: str = "/proc",
    hidden: Collection[int] = (),
    read: Read = read_file,
    known: KnownDescriptors | None = None,
) -> ProcessRow | None:
    """What /proc says of `pid`, which the lesson calls `name`; None when it is gone.

    A process that has ended and was not reaped yet (state ``Z``) has no descriptors; one that is about to, or that lets nobody
    look at it (prctl(2), PR_SET_DUMPABLE), is not seen where it hides them. Raises `KernelRefused` where /proc shows neither its
    state nor its descriptors.
    """
    stat = read_stat(pid, proc=proc, read=read)
    if stat is None:
        return None
    if stat.state in "ZX":
        return ProcessRow(name, stat.state, ())
    try:
        fds = read_fds(pid, proc=proc, hidden=hidden, read=read, known=known)
    except KernelRefused as refusal:
        # fs/proc/base.c, task_dump_owner: once it has given up its memory an ending process counts as root's, and shows
        # its descriptors to nobody else. It still has them for a moment: not seen is not the same as closed.
        again = read_stat(pid, proc=proc, read=read) if refusal.number == errno.EACCES else stat
        if again is None or again.is_ending or again.state in "ZX" or _is_undumpable(pid, proc):
            return None
        raise
    if fds is None:
        return None
    return ProcessRow(name, stat.state, fds, read_asleep(pid, stat.state, proc=proc, read=read))
