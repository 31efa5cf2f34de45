"""Where the kernel is to choose a port, and has none left."""

from __future__ import annotations

from sockviz.language import N_, _
from sockviz.model.call import SENDING
from sockviz.words import acts
from sockviz.words.situation import Cause, Situation

#: What helps then.
MORE_PORTS = N_("wait until one is given back, or widen net.ipv4.ip_local_port_range")


def no_free_port(s: Situation) -> Cause:
    """Of a call that asks for any port."""
    told = _("the kernel found no free port in ip_local_port_range for {name}")
    return Cause(told.format(name=s.name), _(MORE_PORTS))


def is_without_port(s: Situation) -> bool:
    """Whether its socket is one of IP's to which no call has given a port: EAGAIN of such a datagram socket says that none was to
    be had (net/ipv4/af_inet.c, inet_autobind), as EADDRINUSE does where it was to listen."""
    if s.is_unix or not s.family:
        return False
    return s.local is None and not any(acts.on(s.world, s.inode, "bind", "connect", "connect_ex", *SENDING))
