"""Which headers C needs: found by what it says, so that there is none too many and none too few."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sockviz.model.linux.names import numbers

#: What a header declares, as far as our own C uses it.
_DECLARES = {
    "arpa/inet.h": r"(?:hton|ntoh)[sl]|inet_\w+|in_addr_t",
    "endian.h": r"htobe64|be64toh",
    "errno.h": r"errno|E(?!POLL|OF\b)[A-Z0-9]{2,}",
    "fcntl.h": r"fcntl|O_[A-Z]+|F_[A-Z0-9_]+|FD_CLOEXEC|DN_[A-Z]+|LOCK_[A-Z]+|FASYNC",
    "linux/netlink.h": r"NETLINK_[A-Z]+",
    "linux/sockios.h": r"SIOC[A-Z]+",
    "netdb.h": r"(?:free)?addrinfo|get(?:addr|name)info|gai_strerror|(?:AI|NI|EAI)_[A-Z0-9]+",
    "netinet/in.h": r"sockaddr_in6?|in6?_addr|in_port_t|ip_mreqn?|ipv6_mreq|"
    r"(?:IPPROTO|IP|IPV6|INADDR)_[A-Z0-9_]+|SOL_IP(?:V6)?|SOL_ICMPV6|IPPORT_[A-Z]+|MCAST_[A-Z_]+|INET6?_ADDRSTRLEN|IN6ADDR_ANY_INIT",
    "netinet/ip_icmp.h": r"icmphdr|ICMP_[A-Z]+",
    "netinet/tcp.h": r"TCP_[A-Z0-9_]+|SOL_TCP|tcp_info",
    "netinet/udp.h": r"UDP_[A-Z0-9_]+|SOL_UDP",
    "poll.h": r"pollfd|poll|POLL[A-Z]+|nfds_t",
    "signal.h": r"signal|kill|sigaction|SIG[A-Z0-9_]+|NSIG|SI_[A-Z]+",
    "stddef.h": r"offsetof",
    "stdint.h": r"u?int\d+_t",
    "stdio.h": r"f?printf|s?n?printf|perror|putchar|stderr|stdout",
    "stdlib.h": r"exit|malloc|free|abort|EXIT_[A-Z]+",
    "string.h": r"mem(?:cpy|set|cmp)|str(?:len|chr|cmp)|strnlen",
    "sys/epoll.h": r"epoll_\w+|EPOLL[A-Z_]+",
    "sys/ioctl.h": r"ioctl|FIONREAD|SIOC[A-Z]+",
    "sys/resource.h": r"rlimit|[gs]etrlimit|RLIMIT_[A-Z]+|RLIM_INFINITY|RUSAGE_[A-Z]+",
    "sys/select.h": r"fd_set|FD_(?:ZERO|SET|ISSET)|select",
    "sys/socket.h": r"socket|sockaddr(?:_storage)?|(?:AF|SOCK|SO|MSG|SHUT|SCM)_[A-Z0-9_]+|SOL_(?!IP|ICMP|TCP\b|UDP\b)[A-Z0-9]+|"
    r"PF_[A-Z0-9]+|SOMAXCONN|"
    r"linger|ucred|CMSG_[A-Z]+|msghdr|cmsghdr|accept4?|listen|send(?:to|msg)?|recv(?:from|msg)?|shutdown|[gs]etsockopt|get(?:sock|peer)name",
    "sys/time.h": r"timeval|suseconds_t",
    "sys/types.h": r"pid_t|off_t",
    "sys/uio.h": r"iovec",
    "sys/un.h": r"sockaddr_un",
    "sys/wait.h": r"waitpid|W[A-Z]{4,}",
    "unistd.h": r"close|read|write|fork|_exit|pipe|dup2?|lseek|unlink|alarm|getpid|SEEK_[A-Z]+|[RWXF]_OK",
}  # fmt: skip
_NAMES = {header: re.compile(rf"(?<![\w.>])(?:{names})(?!\w)") for header, names in _DECLARES.items()}
_UNSPOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/', re.DOTALL)


def headers(code: str, asked: Iterable[str] = ()) -> list[str]:
    """The headers that `code` needs, sorted. Those `asked` for count where it is not known what they declare."""
    spoken = _UNSPOKEN.sub("", code)
    found = {header for header, names in _NAMES.items() if names.search(spoken)}
    return sorted(found | {header for header in asked if header not in _NAMES})


#: Names that the C library and the headers of some supported system do not have (Debian 11's: glibc 2.31, Linux 5.10).
_NEW = frozenset((
    "AF_MCTP", "EPOLLNVAL", "ICMPV6_FILTER", "ICMP_FILTER", "IPPROTO_ETHERNET", "IPPROTO_L2TP", "IPPROTO_MPTCP",
    "IPV6_FLOWINFO_SEND", "IPV6_RECVERR_RFC4884", "IP_LOCAL_PORT_RANGE", "IP_PROTOCOL", "IP_RECVERR_RFC4884", "MSG_PROBE",
    "SCM_PIDFD", "SCM_SECURITY", "SOL_MPTCP", "SOL_UDPLITE", "SO_BUF_LOCK", "SO_BUSY_POLL_BUDGET", "SO_NETNS_COOKIE",
    "SO_PASSPIDFD", "SO_PEERPIDFD", "SO_PREFER_BUSY_POLL", "SO_RCVMARK", "SO_RESERVE_MEM", "SO_TXREHASH",
    "TCP_TX_DELAY",
))  # fmt: skip


def brought_along(code: str) -> dict[str, int]:
    """Those names that `code` brings along, since they may be too new, with their numbers."""
    spoken = _UNSPOKEN.sub("", code)
    return {name: _number(name) for name in sorted(_NEW) if re.search(rf"\b{name}\b", spoken)}


def _number(name: str) -> int:
    return next(found[name] for module in ("socket", "select") if name in (found := numbers(module)))
