"""What a named number means, in a clause that can follow its name: events, flags, errors, families."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_

#: Of poll's events, and of epoll's by the same names with an E.
EVENTS: Mapping[str, str] = {
    "POLLIN": N_("a read would not sleep: data waits, or its end"),
    "POLLPRI": N_("an urgent byte waits"),
    "POLLOUT": N_("there is room to send"),
    "POLLERR": N_("an error waits (SO_ERROR tells which)"),
    "POLLHUP": N_("hung up: both directions are over"),
    "POLLNVAL": N_("not an open descriptor"),
    "POLLRDHUP": N_("the peer sends no more"),
    "POLLRDNORM": N_("as POLLIN"),
    "POLLWRNORM": N_("as POLLOUT"),
    "POLLRDBAND": N_("data of another priority waits"),
    "POLLWRBAND": N_("data of another priority could be sent"),
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
    "ECONNABORTED": N_("the connection was given up before it was accepted"),
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
