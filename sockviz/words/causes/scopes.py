"""Addresses of IPv6 that every link has, and that say of no link."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING
from sockviz.words.situation import Situation


def needs_scope(s: Situation) -> bool:
    """Whether its address is one that every link has (RFC 4007), and does not say of which."""
    given = s.address
    if not isinstance(given, tuple) or s.end is None or s.family != "AF_INET6":
        return False
    return s.end[0].lower().startswith("fe80:") and "%" not in s.end[0] and (len(given) < 4 or not given[3])


def tied_to(s: Situation) -> str | None:
    """That a link-local address which the socket was given before has tied it to that one's interface, as a clause; None where
    none has. It stays so whatever the call returned: net/ipv6/af_inet6.c, __inet6_bind, tcp_ipv6.c, tcp_v6_connect, and
    datagram.c, __ip6_datagram_connect."""
    process = s.process
    for each in reversed(process.calls if process is not None else ()):
        held, given = each.receiver, each.arguments[1] if len(each.arguments) > 1 else None
        if (
            each is s.call
            or each.entered > s.call.entered
            or held is None
            or held.inode != s.inode
            or each.name not in ("bind", *CONNECTING)
        ):
            continue
        match given:
            case (str(host), int(), int(), int(scope)) if scope and host.lower().startswith("fe80:"):
                return _(
                    "{name} is tied to interface {number} since {call} was given {address} of that one"
                ).format(name=s.name, number=scope, call=each.name, address=host)
    return None


def scope_missing(s: Situation) -> tuple[str, str]:
    """That it does not, and what helps."""
    return (
        _("{target} is link-local: which interface is meant has to be said").format(target=s.target),
        _("give the interface's number as the fourth part of the address (sin6_scope_id)"),
    )
