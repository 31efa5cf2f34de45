"""Events of poll and epoll, flags of descriptors and open files, fcntl's commands, ioctl's requests, resources."""

from __future__ import annotations

from collections.abc import Mapping

#: asm-generic/poll.h. MIPS, SPARC and Xtensa number those from POLLWRNORM on otherwise.
POLL: Mapping[str, int] = {
    "POLLIN": 0x1, "POLLPRI": 0x2, "POLLOUT": 0x4, "POLLERR": 0x8, "POLLHUP": 0x10, "POLLNVAL": 0x20, "POLLRDNORM": 0x40,
    "POLLRDBAND": 0x80, "POLLWRNORM": 0x100, "POLLWRBAND": 0x200, "POLLMSG": 0x400, "POLLRDHUP": 0x2000,
}  # fmt: skip
#: linux/eventpoll.h: the same everywhere.
EPOLL: Mapping[str, int] = {
    "EPOLLIN": 0x1, "EPOLLPRI": 0x2, "EPOLLOUT": 0x4, "EPOLLERR": 0x8, "EPOLLHUP": 0x10, "EPOLLNVAL": 0x20, "EPOLLRDNORM": 0x40,
    "EPOLLRDBAND": 0x80, "EPOLLWRNORM": 0x100, "EPOLLWRBAND": 0x200, "EPOLLMSG": 0x400, "EPOLLRDHUP": 0x2000,
    "EPOLLEXCLUSIVE": 1 << 28, "EPOLLWAKEUP": 1 << 29, "EPOLLONESHOT": 1 << 30, "EPOLLET": 1 << 31,
}  # fmt: skip
EPOLL_CONTROLS: Mapping[str, int] = {"EPOLL_CTL_ADD": 1, "EPOLL_CTL_DEL": 2, "EPOLL_CTL_MOD": 3}
EPOLL_FLAGS: Mapping[str, int] = {"EPOLL_CLOEXEC": 0o2000000}

#: How an open file may be used: its two lowest bits are one of three numbers.
ACCESS: Mapping[str, int] = {"O_RDONLY": 0, "O_WRONLY": 1, "O_RDWR": 2}
#: asm-generic/fcntl.h, as far as x86-64, aarch64 and riscv64 agree; Alpha, MIPS, PA-RISC and SPARC differ.
OPEN_FLAGS: Mapping[str, int] = {
    "O_CREAT": 0o100, "O_EXCL": 0o200, "O_NOCTTY": 0o400, "O_TRUNC": 0o1000, "O_APPEND": 0o2000, "O_NONBLOCK": 0o4000,
    "O_SYNC": 0o4010000, "O_DSYNC": 0o10000, "O_ASYNC": 0o20000, "O_NOATIME": 0o1000000, "O_CLOEXEC": 0o2000000,
    "O_PATH": 0o10000000,
}  # fmt: skip
#: The others, by `uname -m`; a machine that is not here has those of asm-generic (x86_64's).
OPEN_FLAGS_BY_MACHINE: Mapping[str, Mapping[str, int]] = {
    "x86_64": {"O_DIRECT": 0o40000, "O_DIRECTORY": 0o200000, "O_NOFOLLOW": 0o400000},
    "aarch64": {"O_DIRECT": 0o200000, "O_DIRECTORY": 0o40000, "O_NOFOLLOW": 0o100000},
}
DESCRIPTOR_FLAGS: Mapping[str, int] = {"FD_CLOEXEC": 1}
#: asm-generic/fcntl.h and linux/fcntl.h; MIPS, PA-RISC and SPARC differ in those from F_GETLK to F_GETOWN.
FCNTL: Mapping[str, int] = {
    "F_DUPFD": 0, "F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_SETFL": 4, "F_GETLK": 5, "F_SETLK": 6, "F_SETLKW": 7,
    "F_SETOWN": 8, "F_GETOWN": 9, "F_SETSIG": 10, "F_GETSIG": 11, "F_SETOWN_EX": 15, "F_GETOWN_EX": 16, "F_OFD_GETLK": 36,
    "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38, "F_SETLEASE": 1024, "F_GETLEASE": 1025, "F_NOTIFY": 1026, "F_DUPFD_CLOEXEC": 1030,
    "F_SETPIPE_SZ": 1031, "F_GETPIPE_SZ": 1032, "F_ADD_SEALS": 1033, "F_GET_SEALS": 1034,
}  # fmt: skip
WHENCE: Mapping[str, int] = {"SEEK_SET": 0, "SEEK_CUR": 1, "SEEK_END": 2, "SEEK_DATA": 3, "SEEK_HOLE": 4}
#: asm-generic/ioctls.h, linux/sockios.h; Alpha, MIPS, PA-RISC, PowerPC, SH, SPARC and Xtensa differ in the first five.
REQUESTS: Mapping[str, int] = {
    "FIONREAD": 0x541B, "FIONBIO": 0x5421, "FIONCLEX": 0x5450, "FIOCLEX": 0x5451, "FIOASYNC": 0x5452, "SIOCINQ": 0x541B,
    "SIOCOUTQ": 0x5411, "SIOCSPGRP": 0x8902, "SIOCGPGRP": 0x8904, "SIOCATMARK": 0x8905, "SIOCOUTQNSD": 0x894B,
    "SIOCGIFCONF": 0x8912, "SIOCGIFFLAGS": 0x8913, "SIOCGIFADDR": 0x8915, "SIOCGIFBRDADDR": 0x8919, "SIOCGIFNETMASK": 0x891B,
    "SIOCGIFMTU": 0x8921, "SIOCGIFHWADDR": 0x8927, "SIOCGIFINDEX": 0x8933,
}  # fmt: skip
#: asm-generic/resource.h; Alpha, MIPS and SPARC differ in those from RLIMIT_RSS to RLIMIT_AS.
RESOURCES: Mapping[str, int] = {
    "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5, "RLIMIT_NPROC": 6,
    "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13,
    "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
}  # fmt: skip
#: As Python gives it; in C all bits.
NO_LIMIT: Mapping[str, int] = {"RLIM_INFINITY": -1}


def open_flags(machine: str = "") -> Mapping[str, int]:
    """All flags of open files, on a machine (`uname -m`)."""
    return {**OPEN_FLAGS, **OPEN_FLAGS_BY_MACHINE.get(machine, OPEN_FLAGS_BY_MACHINE["x86_64"])}
