"""What a named number means, in a clause that can follow its name: events, flags, errors, families."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _

#: Of poll's events, and of epoll's by the same names with an E.
EVENTS: Mapping[str, str] = {
    "POLLIN": N_("a read would not sleep: data waits, the end, or an error"),
    "POLLPRI": N_("an urgent byte waits"),
    "POLLOUT": N_("a send would not sleep"),
    "POLLERR": N_("an error waits (SO_ERROR tells which)"),
    "POLLHUP": N_("hung up: no connection, or both directions are over"),
    "POLLNVAL": N_("not an open descriptor"),
    "POLLRDHUP": N_("the peer sends no more, or receiving was ended here"),
    "POLLRDNORM": N_("as POLLIN"),
    "POLLWRNORM": N_("as POLLOUT"),
    "POLLRDBAND": N_("data of another priority waits"),
    "POLLWRBAND": N_("as POLLOUT"),
}
#: What epoll is asked besides.
EPOLL_MODES: Mapping[str, str] = {
    "EPOLLET": N_("edge-triggered: told once each time that something comes"),
    "EPOLLONESHOT": N_("told once, then not before it is asked for again"),
    "EPOLLEXCLUSIVE": N_("of several lists that wait for it not all wake"),
    "EPOLLWAKEUP": N_("the machine does not fall asleep meanwhile"),
}
#: Of what recvmsg gives back.
RECEIVED: Mapping[str, str] = {
    "MSG_TRUNC": N_("the datagram was longer than the room for it; the rest is gone"),
    "MSG_CTRUNC": N_("there was too little room for what came beside the data; some of it is gone"),
    "MSG_OOB": N_("an urgent byte was taken"),
    "MSG_EOR": N_("here the message ends"),
    "MSG_ERRQUEUE": N_("it comes from the error queue, not from the peer"),
    "MSG_CMSG_CLOEXEC": N_("descriptors that came close when the program becomes another"),
}
#: Flags that a call is given.
ASKED: Mapping[str, str] = {
    "MSG_PEEK": N_("what is read stays in the queue"),
    "MSG_DONTWAIT": N_("this call does not sleep"),
    "MSG_WAITALL": N_("this call waits until all of it has come"),
    "MSG_OOB": N_("urgent data"),
    "MSG_TRUNC": N_("tells the whole length of a datagram; of TCP's data it throws it away"),
    "MSG_NOSIGNAL": N_("EPIPE without SIGPIPE"),
    "MSG_MORE": N_("more follows: the segment waits for it"),
    "MSG_DONTROUTE": N_("to hosts of its own network only"),
    "MSG_CONFIRM": N_("the neighbour is known to be there"),
    "MSG_EOR": N_("the message ends here"),
    "MSG_ERRQUEUE": N_("from the error queue"),
    "MSG_FASTOPEN": N_("in the SYN"),
    "MSG_ZEROCOPY": N_("without copying"),
}
#: Flags of open files and descriptors that change what calls on a socket do.
DESCRIPTORS: Mapping[str, str] = {
    "O_NONBLOCK": N_("calls that would sleep fail with EAGAIN instead"),
    "O_ASYNC": N_("SIGIO comes when something happens on it"),
    "O_APPEND": N_("each write goes to the end of the file"),
    "FD_CLOEXEC": N_("it closes when the program becomes another by exec"),
}
#: Errors that SO_ERROR and connect_ex give, told for themselves; where the call is known the explanation says more.
ERRORS: Mapping[str, str] = {
    "EPERM": N_("not allowed"),
    "EINTR": N_("interrupted by a signal"),
    "EAGAIN": N_("it would have to wait"),
    "EBADF": N_("no such descriptor is open"),
    "EACCES": N_("permission denied"),
    "EFAULT": N_("an address outside of the program's memory"),
    "EINVAL": N_("an argument that makes no sense here"),
    "EPIPE": N_("nobody reads at the other end any more"),
    "EMSGSIZE": N_("the message is too long"),
    "EPROTOTYPE": N_("another type of socket"),
    "ENOPROTOOPT": N_("no such option"),
    "EOPNOTSUPP": N_("not possible with this kind of socket"),
    "EAFNOSUPPORT": N_("an address of another family"),
    "EADDRINUSE": N_("the address is taken"),
    "EADDRNOTAVAIL": N_("no such address, or no free port, on this host"),
    "ENETDOWN": N_("the network is down"),
    "ENETUNREACH": N_("no route to that network"),
    "ECONNABORTED": N_("the connection was ended from outside (ss -K)"),
    "ECONNRESET": N_("the peer reset the connection"),
    "ENOBUFS": N_("no memory for it"),
    "EISCONN": N_("it is connected already"),
    "ENOTCONN": N_("it is not connected"),
    "ESHUTDOWN": N_("its sending side was ended"),
    "ETIMEDOUT": N_("no answer came in time"),
    "ECONNREFUSED": N_("nobody listens there"),
    "EHOSTUNREACH": N_("no route to that host"),
    "EALREADY": N_("a connect is under way already"),
    "EINPROGRESS": N_("it has begun and goes on by itself"),
    "EDESTADDRREQ": N_("no address to send to"),
}
#: Families, types, protocols and levels; how a connection is ended; commands and requests; what the resolver is asked.
OTHERS: Mapping[str, str] = {
    "AF_UNSPEC": N_("any family; in connect: no peer any more"),
    "AF_UNIX": N_("sockets of one machine, named by paths or abstract names"),
    "AF_INET": N_("IPv4"),
    "AF_INET6": N_("IPv6"),
    "AF_NETLINK": N_("messages of the kernel"),
    "AF_PACKET": N_("frames of an interface"),
    "AF_VSOCK": N_("between a machine and its virtual ones"),
    "SOCK_STREAM": N_("a connection: bytes in their order, none lost"),
    "SOCK_DGRAM": N_("messages one by one, each alone"),
    "SOCK_RAW": N_("packets below TCP and UDP"),
    "SOCK_SEQPACKET": N_("a connection that keeps messages apart"),
    "SOCK_NONBLOCK": N_("calls that would sleep fail with EAGAIN instead"),
    "SOCK_CLOEXEC": N_("it closes when the program becomes another by exec"),
    "IPPROTO_IP": N_("IPv4's own options"),
    "IPPROTO_IPV6": N_("IPv6's own options"),
    "IPPROTO_TCP": N_("TCP"),
    "IPPROTO_UDP": N_("UDP"),
    "IPPROTO_ICMP": N_("ICMP: reports about IPv4, and echo"),
    "IPPROTO_ICMPV6": N_("ICMPv6: reports about IPv6, neighbours, and echo"),
    "IPPROTO_RAW": N_("the program writes the IP header itself"),
    "IPPROTO_MPTCP": N_("TCP over several paths"),
    "SOL_SOCKET": N_("options that sockets of every family have"),
    "SHUT_RD": N_("nothing more is read"),
    "SHUT_WR": N_("nothing more is sent: a FIN follows the data"),
    "SHUT_RDWR": N_("neither is"),
    "F_GETFL": N_("the flags of the open file"),
    "F_SETFL": N_("sets the flags of the open file, which all its descriptors share"),
    "F_GETFD": N_("the flags of the descriptor itself"),
    "F_SETFD": N_("sets the flags of the descriptor itself"),
    "F_GETOWN": N_("who gets SIGIO and SIGURG"),
    "F_SETOWN": N_("says who gets SIGIO and SIGURG"),
    "FIONREAD": N_("how much can be read at once"),
    "SIOCOUTQ": N_("how much was sent and is not acknowledged"),
    "SIOCATMARK": N_("whether the next byte is the urgent one"),
    "AI_PASSIVE": N_("without a host: every address of this machine, to listen on"),
    "AI_CANONNAME": N_("the full name as well"),
    "AI_NUMERICHOST": N_("the host is a number: nobody is asked"),
    "AI_NUMERICSERV": N_("the service is a number"),
    "AI_V4MAPPED": N_("IPv4 addresses in IPv6's form, where there are no others"),
    "AI_ALL": N_("these and the others"),
    "AI_ADDRCONFIG": N_("only families that this machine has an address of"),
    "NI_NUMERICHOST": N_("the host as a number"),
    "NI_NUMERICSERV": N_("the service as a number"),
    "NI_NOFQDN": N_("the short name of a host of its own domain"),
    "NI_NAMEREQD": N_("fails where there is no name"),
    "NI_DGRAM": N_("the service of UDP, not of TCP"),
    "WNOHANG": N_("returns at once where no child has ended"),
    "WUNTRACED": N_("tells of children that were stopped, too"),
    "WCONTINUED": N_("tells of children that go on, too"),
    "SIG_DFL": N_("what the system does by itself"),
    "SIG_IGN": N_("nothing: it is ignored"),
    "SIGHUP": N_("its terminal is gone"),
    "SIGINT": N_("Ctrl-C"),
    "SIGKILL": N_("ended at once; nobody can prevent it"),
    "SIGPIPE": N_("it wrote to a peer that reads no more"),
    "SIGALRM": N_("the time that alarm was given is over"),
    "SIGTERM": N_("asked to end"),
    "SIGCHLD": N_("a child has ended"),
    "SIGSTOP": N_("stopped; nobody can prevent it"),
    "SIGCONT": N_("goes on"),
    "SIGURG": N_("an urgent byte has come"),
    "SIGIO": N_("something happened on a descriptor with O_ASYNC"),
    "IP_PMTUDISC_DONT": N_("packets may be cut on their way"),
    "IP_PMTUDISC_WANT": N_("Don't Fragment where TCP can follow the path's limit, else as the route says"),
    "IP_PMTUDISC_DO": N_("Don't Fragment always; what is too long fails with EMSGSIZE"),
    "IP_PMTUDISC_PROBE": N_("Don't Fragment, and what the path is known to allow is ignored"),
    "RLIMIT_NOFILE": N_("no descriptor has this number or a larger one"),
}


def number_meaning(name: str, *, asked: bool) -> str:
    """What a number means that a call is given (``asked``) or gives, by its name; nothing of an error, an option, or of what
    hardly anybody meets."""
    told = (
        (ASKED if asked else RECEIVED).get(name)
        or EVENTS.get(name.removeprefix("E") if name.startswith("EPOLL") else name)
        or EPOLL_MODES.get(name)
        or DESCRIPTORS.get(name)
        or OTHERS.get(name)
    )
    return _(told) if told is not None else ""
