"""Which socket options ask for a capability, which one does, and for what of them it is needed.

Measured on Linux 6.18 by setsockopt with each capability alone, in the machine's own user namespace and in another.
"""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.dataclass import dataclass
from sockviz.language import N_, _
from sockviz.model.linux.options import SocketOption
from sockviz.model.sockets import State
from sockviz.model.values import Value
from sockviz.words import acts
from sockviz.words.option_words import value_text
from sockviz.words.situation import Cause, Situation

_RAW, _ADMIN = "CAP_NET_RAW", "CAP_NET_ADMIN"


@dataclass(frozen=True, slots=True)
class Right:
    """What an option asks for. ``machine``: of the machine's user namespace, not of a lab's own. ``free`` is the range that asks
    for nothing, ``also`` another capability that will do, ``since`` a Linux release. ``instead`` helps without."""

    capability: str
    machine: bool = False
    free: tuple[int, int] | None = None
    also: str = ""
    since: str = ""
    instead: str = ""


#: net/core/sock.c, sk_setsockopt (sockopt_capable: init_user_ns; sockopt_ns_capable: the network namespace's);
#: net/ipv4/ip_sockglue.c and net/ipv6/ipv6_sockglue.c, IP_TRANSPARENT; net/ipv4/tcp.c, tcp_can_repair_sock.
#: That CAP_NET_RAW does: commits 079925cce1d0 and a1b519b74548.
_RIGHTS: Mapping[str, Right] = {
    "SO_DEBUG": Right(_ADMIN, machine=True),
    "SO_SNDBUFFORCE": Right(
        _ADMIN, machine=True, instead=N_("SO_SNDBUF gives as much as net.core.wmem_max allows, to everybody")
    ),
    "SO_RCVBUFFORCE": Right(
        _ADMIN, machine=True, instead=N_("SO_RCVBUF gives as much as net.core.rmem_max allows, to everybody")
    ),
    "SO_PRIORITY": Right(
        _ADMIN, free=(0, 6), also=_RAW, since="5.17", instead=N_("give it 0 to 6, or use IP_TOS")
    ),
    "SO_MARK": Right(_ADMIN, also=_RAW, since="5.17"),
    "SO_PREFER_BUSY_POLL": Right(_ADMIN, machine=True),
    "SO_BUSY_POLL": Right(_ADMIN, machine=True),
    "SO_BUSY_POLL_BUDGET": Right(_ADMIN, machine=True),
    "IP_TRANSPARENT": Right(
        _ADMIN, also=_RAW, instead=N_("IP_FREEBIND lets it be bound to an address that is not this host's")
    ),
    "IPV6_TRANSPARENT": Right(
        _ADMIN, also=_RAW, instead=N_("IPV6_FREEBIND lets it be bound to an address that is not this host's")
    ),
    "TCP_REPAIR": Right(_ADMIN),
}


def not_permitted(option: SocketOption, given: Value, s: Situation) -> Cause:
    """EPERM, and EACCES of SO_DEBUG."""
    if (another := _another_reason(option, given, s)) is not None:
        return another
    right = _RIGHTS.get(option.name)
    if right is None:
        return Cause()
    if right.free is not None:
        low, high = right.free
        what = _("{option} {value} (not {low} to {high}, which everybody may)").format(
            option=option.name, value=value_text(option, given), low=low, high=high
        )
    else:
        what = option.name
    if right.machine:
        told = _(
            "{option} asks for the capability {capability} of the machine itself, which {process} does not have: "
            "that of a user namespace of its own does not count"
        )
    elif right.since:
        told = _(
            "{option} asks for the capability {capability} (or, from Linux {release} on, {other}), "
            "which {process} does not have"
        )
    elif right.also:
        told = _("{option} asks for the capability {capability} or {other}, and {process} has neither")
    else:
        told = _("{option} asks for the capability {capability}, which {process} does not have")
    return Cause(
        told.format(
            option=what,
            capability=right.capability,
            other=right.also,
            release=right.since,
            process=s.call.process,
        ),
        _(right.instead) if right.instead else _("do without it, or run with that capability"),
    )


def _another_reason(option: SocketOption, given: Value, s: Situation) -> Cause | None:
    """EPERM for another reason than that this option always asks for something; None where there is none."""
    match option.name:
        case "SO_BINDTODEVICE" | "SO_BINDTOIFINDEX":
            # net/core/sock.c, sock_bindtoindex_locked: from Linux 5.7 on, whoever is not bound to one may choose.
            bound = acts.option(s.world, s.inode, "SO_BINDTODEVICE") or acts.option(
                s.world, s.inode, "SO_BINDTOIFINDEX"
            )
            if bound is None:
                return Cause(
                    _(
                        "{option} asks for the capability CAP_NET_RAW before Linux 5.7, and since then once a socket is bound "
                        "to an interface"
                    ).format(option=option.name)
                )
            return Cause(
                _(
                    "{name} is bound to an interface already: to change that asks for the capability CAP_NET_RAW, "
                    "which {process} does not have"
                ).format(name=s.name, process=s.call.process),
                _("make a new socket, and bind that one"),
            )
        case "TCP_REPAIR" if s.row is not None and s.row.state is State.LISTEN:
            return Cause(_("{name} listens: there is no connection to repair").format(name=s.name))
        case "TCP_TIMESTAMP":
            # net/ipv4/tcp.c: it belongs to what TCP_REPAIR restores.
            return Cause(
                _("{option} may be set while TCP_REPAIR is on only, and that is off on {name}").format(
                    option=option.name, name=s.name
                )
            )
        case "TCP_CONGESTION":
            return Cause(
                _("{value} is not among net.ipv4.tcp_allowed_congestion_control").format(
                    value=value_text(option, given)
                ),
                _("choose one that stands there, or run with the capability CAP_NET_ADMIN"),
            )
        case "SO_ATTACH_FILTER" | "SO_DETACH_FILTER" | "SO_LOCK_FILTER" | "SO_ATTACH_BPF" if s.is_on(
            "SO_LOCK_FILTER"
        ):
            return Cause(_("SO_LOCK_FILTER is on: the filter of {name} stays what it is").format(name=s.name))
        case "SO_ATTACH_FILTER" if s.is_tcp:
            return Cause(_("on this kernel a TCP socket takes a filter of those only who have CAP_NET_ADMIN"))
        case "SO_TXTIME":
            return Cause(
                _("any other clock than CLOCK_MONOTONIC (1) asks for the capability CAP_NET_ADMIN"),
                _("give it CLOCK_MONOTONIC"),
            )
    return None
