"""What each error means, to someone who has just met it: one story for each errno and EAI code.

What it means for one call on one socket: `sockviz.model.explanation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Error:
    """One errno or EAI code: what it says, its usual cause, what to do."""

    says: str
    cause: str
    remedy: str


ERRORS: Mapping[str, Error] = {
    "EACCES": Error(
        "permission denied",
        "A port below 1024 without CAP_NET_BIND_SERVICE, a path whose permissions refuse you, or a broadcast address "
        "without SO_BROADCAST.",
        "Take a port from 1024 up (net.ipv4.ip_unprivileged_port_start says where they begin), or give the program the right.",
    ),
    "EADDRINUSE": Error(
        "the address is taken",
        "Another socket has this address and port: a live listener, or an old connection still in TIME-WAIT.",
        "Find the holder with ss -tan. For a restarted server set SO_REUSEADDR before bind, in the old program and in the new.",
    ),
    "EADDRNOTAVAIL": Error(
        "no such address on this machine",
        "bind was given an address that belongs to no interface here, or connect found no free 4-tuple.",
        "Bind to an address that ip addr lists, or to 0.0.0.0 for all of them.",
    ),
    "EAFNOSUPPORT": Error(
        "address family not supported",
        "The family of the address is not the socket's, or socket() was asked for a family that it cannot make "
        "(AF_UNSPEC is only a hint).",
        "Use the family that getaddrinfo gave for both the socket and the address.",
    ),
    "EAGAIN": Error(
        "try again: it would have to wait",
        "The descriptor does not block and there is nothing to do now: no data, no room, no connection waiting.",
        "Wait until poll or epoll says that it is ready, then call again.",
    ),
    "EALREADY": Error(
        "a connect is already under way",
        "connect was called again on a socket that does not block, before the first one was answered.",
        "Wait until poll says writable, then read SO_ERROR.",
    ),
    "EBADF": Error(
        "no such descriptor",
        "The descriptor was closed, or the number never belonged to an open file.",
        "Use the descriptor before close, and only once. Its number may by now be another file's.",
    ),
    "ECONNABORTED": Error(
        "the connection was aborted",
        "It ended before it was taken: reset in the queue, or its error had been read by SO_ERROR before the next connect.",
        "Make a new socket, or call again.",
    ),
    "ECONNREFUSED": Error(
        "connection refused",
        "Nothing listens there: the other kernel answered with a RST (for UDP, with an ICMP port unreachable).",
        "Start the server first, and compare address and port with ss -ltn. bind alone is not listening.",
    ),
    "ECONNRESET": Error(
        "the peer reset the connection",
        "A RST came: the peer closed with unread data, or with SO_LINGER 0, or its listener was closed with you still "
        "in the queue.",
        "What was on the way is lost. Let the reader read to the end before it closes.",
    ),
    "EDESTADDRREQ": Error(
        "where to?",
        "A datagram socket that is not connected was told to send without an address.",
        "Use sendto with an address, or connect the socket first.",
    ),
    "EFAULT": Error(
        "bad pointer",
        "An address argument points outside the program's memory, or is NULL where one is needed.",
        "Pass a pointer to real storage; only accept and recvfrom allow NULL for both address and length.",
    ),
    "EHOSTUNREACH": Error(
        "no route to the host",
        "A router or the neighbour lookup gave up on it.",
        "Check ip route and ip neigh.",
    ),
    "EINPROGRESS": Error(
        "the handshake has begun",
        "connect on a socket that does not block returns at once. This is no failure: the SYN is on its way.",
        "Wait until poll says writable, then read SO_ERROR: 0 means connected.",
    ),
    "EINTR": Error(
        "interrupted by a signal",
        "A signal was handled while the call slept.",
        "Call again. Python does so by itself.",
    ),
    "EINVAL": Error(
        "invalid in this state, or with this argument",
        "The call does not fit the socket as it is: a second bind, accept on a socket that does not listen, listen on "
        "a connected one.",
        "Look at the socket's state first: every call has states in which it makes sense.",
    ),
    "EISCONN": Error(
        "it is connected already",
        "connect on a socket that is connected or listens, or sendto with an address on a connected UNIX stream.",
        "One socket for each connection: make a new one.",
    ),
    "EMFILE": Error(
        "this process has no free descriptor",
        "It holds as many open files as RLIMIT_NOFILE lets it.",
        "Close what is not needed, or raise the limit (ulimit -n). A connection that accept could not take stays in the queue.",
    ),
    "EMSGSIZE": Error(
        "the message is too long",
        "A datagram goes as one or not at all: at most 65507 bytes over UDP and IPv4.",
        "Send smaller datagrams, or use a stream.",
    ),
    "ENETUNREACH": Error(
        "no route to that network",
        "The routing table has nothing for the address, or only what the flags forbid.",
        "See what ip route get ADDRESS says.",
    ),
    "ENOBUFS": Error(
        "no buffer space", "The kernel had no memory for it, or a queue is full.", "Wait and try again."
    ),
    "ENOENT": Error(
        "no such file",
        "A UNIX socket's path does not exist: the server has not bound it, or someone removed it.",
        "Start the server first; compare the path with ss -xl.",
    ),
    "ENOPROTOOPT": Error(
        "no such option",
        "The protocol does not know the option at this level.",
        "Check the level (SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP) that the option belongs to.",
    ),
    "ENOTCONN": Error(
        "it is not connected",
        "The call needs a peer: the socket was never connected, or the connection is over, or it only listens.",
        "connect first, or use the descriptor that accept returned.",
    ),
    "ENOTSOCK": Error(
        "this is not a socket",
        "The descriptor is a file, a pipe or a terminal.",
        "Check which number socket or accept gave.",
    ),
    "EOPNOTSUPP": Error(
        "this kind of socket does not do that",
        "listen and accept are for streams; MSG_OOB is not for UDP.",
        "Pick the call that fits the socket's type.",
    ),
    "EPERM": Error(
        "not permitted",
        "The call needs a capability that the process lacks, as CAP_NET_RAW for raw sockets.",
        "Run it with that capability, or do without: a ping needs only a datagram ICMP socket.",
    ),
    "EPIPE": Error(
        "nobody can read what you write",
        "The sending direction is over: shut down here, or the peer has reset, or the socket never was connected. "
        "In C, SIGPIPE comes with it and ends the program; Python ignores that signal.",
        "Stop writing. In C use MSG_NOSIGNAL or ignore SIGPIPE, and read the error instead.",
    ),
    "EPROTONOSUPPORT": Error(
        "protocol not supported for this family and type",
        "The third argument of socket() does not belong to the first two (1 is ICMP, 6 TCP, 17 UDP), or is not built "
        "into this kernel.",
        "Pass 0: the kernel picks TCP for SOCK_STREAM and UDP for SOCK_DGRAM.",
    ),
    "EPROTOTYPE": Error(
        "wrong type of socket for that address",
        "The UNIX socket at that path has another type than yours.",
        "Use the server's type on both sides.",
    ),
    "ESOCKTNOSUPPORT": Error(
        "socket type not supported",
        "The family has no such type, as SOCK_SEQPACKET over IPv4.",
        "Use SOCK_STREAM or SOCK_DGRAM.",
    ),
    "ESPIPE": Error(
        "no seeking here",
        "A socket is a descriptor, but no file with positions: lseek and pread make no sense on it.",
        "Read it in order.",
    ),
    "ETIMEDOUT": Error(
        "no answer came in time",
        "Every retransmission went unanswered: the host is gone, a firewall drops silently, or the listener's queue stayed full.",
        "Silence differs from a refusal: check that the host answers at all, and whether its accept queue is full (ss -ltn).",
    ),
    "EAI_ADDRFAMILY": Error(
        "the host has no address of that family",
        "A numeric address of the other family was asked for.",
        "Ask for AF_UNSPEC, or give the address that fits.",
    ),
    "EAI_AGAIN": Error(
        "the name server gave no answer for now",
        "No network, or no name server reached.",
        "Try again later; numeric addresses need no name server.",
    ),
    "EAI_BADFLAGS": Error(
        "the hints have flags that do not exist",
        "The hints structure was not set to zero before use.",
        "Clear it with memset, or write struct addrinfo hints = {0}.",
    ),
    "EAI_FAMILY": Error(
        "this family is not supported",
        "hints.ai_family is none of AF_INET, AF_INET6, AF_UNSPEC.",
        "Use one of the three.",
    ),
    "EAI_NONAME": Error(
        "the name or service is not known",
        "No such host; or both host and service are empty; or a name was given where AI_NUMERICHOST or AI_NUMERICSERV "
        "allows only numbers.",
        "Check the spelling, and look into /etc/hosts and /etc/services.",
    ),
    "EAI_SERVICE": Error(
        "the service does not exist for this socket type",
        "/etc/services has no such name for TCP, or for UDP, whichever was asked.",
        "Give the port as a number, or the socket type that the service uses.",
    ),
    "EAI_SOCKTYPE": Error(
        "this socket type is not supported",
        "hints.ai_socktype and ai_protocol do not belong together.",
        "Leave the protocol 0.",
    ),
    "EAI_SYSTEM": Error("the system call beneath failed", "errno has the reason.", "Read errno."),
    "TimeoutError": Error(
        "the time set by settimeout is over",
        "Python makes the socket non-blocking and waits with poll: nothing came in time.",
        "Wait longer, or treat it as EAGAIN.",
    ),
}
#: Other names for the same number, and Python's names for errors that C reports by number.
ALIASES: Mapping[str, str] = {"EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP", "timeout": "TimeoutError"}


def known(name: str) -> Error | None:
    """The story of an error by its name."""
    return ERRORS.get(ALIASES.get(name, name))
