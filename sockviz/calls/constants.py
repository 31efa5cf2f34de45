"""The constants that a lesson may name: the upper-case numbers and words of the modules it knows.

Those of this Python, and a list of Linux's own, so that a lesson reads the same where Python lacks them (a recording played on
another system).
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
from functools import cache
from types import ModuleType

try:
    import fcntl
    import resource
except ImportError:  # not on Windows: recordings still play there
    _UNIX_ONLY: dict[str, ModuleType] = {}
else:
    _UNIX_ONLY = {"fcntl": fcntl, "resource": resource}

_MODULES: dict[str, ModuleType] = {
    "errno": errno,
    "os": os,
    "select": select,
    "signal": signal,
    "socket": socket,
    **_UNIX_ONLY,
}

_LINUX = {
    "socket": (
        "AF_INET AF_INET6 AF_UNIX AF_UNSPEC AF_NETLINK AF_PACKET SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_SEQPACKET SOCK_CLOEXEC "
        "SOCK_NONBLOCK SOL_SOCKET SOMAXCONN SHUT_RD SHUT_WR SHUT_RDWR IPPROTO_IP IPPROTO_IPV6 IPPROTO_ICMP IPPROTO_ICMPV6 "
        "IPPROTO_TCP IPPROTO_UDP IPPROTO_RAW INADDR_ANY INADDR_LOOPBACK INADDR_BROADCAST SO_ACCEPTCONN SO_BROADCAST SO_DOMAIN "
        "SO_DONTROUTE SO_ERROR SO_KEEPALIVE SO_LINGER SO_OOBINLINE SO_PASSCRED SO_PEERCRED SO_PROTOCOL SO_RCVBUF SO_RCVLOWAT "
        "SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT SO_SNDBUF SO_SNDLOWAT SO_SNDTIMEO SO_TYPE IPV6_V6ONLY IP_TTL IP_TOS "
        "TCP_CORK TCP_DEFER_ACCEPT TCP_INFO TCP_KEEPCNT TCP_KEEPIDLE TCP_KEEPINTVL TCP_LINGER2 TCP_MAXSEG TCP_NODELAY "
        "TCP_QUICKACK TCP_SYNCNT TCP_USER_TIMEOUT TCP_FASTOPEN MSG_CTRUNC MSG_DONTROUTE MSG_DONTWAIT MSG_EOR MSG_ERRQUEUE "
        "MSG_FASTOPEN MSG_MORE MSG_NOSIGNAL MSG_OOB MSG_PEEK MSG_TRUNC MSG_WAITALL AI_ADDRCONFIG AI_ALL AI_CANONNAME "
        "AI_NUMERICHOST AI_NUMERICSERV AI_PASSIVE AI_V4MAPPED EAI_ADDRFAMILY EAI_AGAIN EAI_BADFLAGS EAI_FAIL EAI_FAMILY "
        "EAI_MEMORY EAI_NODATA EAI_NONAME EAI_OVERFLOW EAI_SERVICE EAI_SOCKTYPE EAI_SYSTEM NI_DGRAM NI_MAXHOST NI_MAXSERV "
        "NI_NAMEREQD NI_NOFQDN NI_NUMERICHOST NI_NUMERICSERV"
    ),
    "os": "O_RDONLY O_WRONLY O_RDWR O_NONBLOCK O_CLOEXEC O_APPEND WNOHANG WUNTRACED SEEK_SET SEEK_CUR SEEK_END",
    "select": (
        "POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDHUP EPOLLIN EPOLLPRI EPOLLOUT EPOLLERR EPOLLHUP EPOLLRDHUP "
        "EPOLLET EPOLLONESHOT"
    ),
    "signal": (
        "SIGHUP SIGINT SIGQUIT SIGABRT SIGKILL SIGSEGV SIGPIPE SIGALRM SIGTERM SIGUSR1 SIGUSR2 SIGCHLD SIGCONT SIGSTOP SIGTSTP "
        "SIGURG SIGIO SIG_DFL SIG_IGN"
    ),
    "fcntl": "F_GETFL F_SETFL F_GETFD F_SETFD F_GETOWN F_SETOWN FD_CLOEXEC",
    "resource": "RLIMIT_NOFILE RLIM_INFINITY",
}


@cache
def constants(module: str) -> frozenset[str]:
    """The names of `module`'s constants."""
    names = set(_LINUX.get(module, "").split())
    if module == "errno":
        names.update(errno.errorcode.values())
    for name, value in vars(_MODULES[module]).items() if module in _MODULES else ():
        if name.isupper() and not name.startswith("_") and isinstance(value, int | str):
            names.add(name)
    return frozenset(names)


def constant_value(dotted: str) -> int | str | None:
    """What a constant is here; None where this Python does not have it."""
    module, _, name = dotted.partition(".")
    value = getattr(_MODULES.get(module), name, None) if name in constants(module) else None
    return value if isinstance(value, int | str) else None


#: Names of errors that ``.last.error`` can be: errno's, the resolver's, and those that Python raises by itself. Where two names
#: have one number it is the manual's: errorcode knows ENOTSUP only, the pages of listen and accept say EOPNOTSUPP.
ERRORS = (frozenset(errno.errorcode.values()) - {"ENOTSUP"}) | {
    "EOPNOTSUPP",
    *(name for name in constants("socket") if name.startswith("EAI_")),
}
