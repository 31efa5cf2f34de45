"""Addresses of IPv6 that every link has, and that say of no link."""

from __future__ import annotations

from sockviz.language import _
from sockviz.words.situation import Situation


def needs_scope(s: Situation) -> bool:
    """Whether its address is one that every link has (RFC 4007), and does not say of which."""
    given = s.address
    if not isinstance(given, tuple) or s.end is None or s.family != "AF_INET6":
        return False
    return s.end[0].lower().startswith("fe80:") and "%" not in s.end[0] and (len(given) < 4 or not given[3])


def scope_missing(s: Situation) -> tuple[str, str]:
    """That it does not, and what helps."""
    return (
        _("{target} is link-local: which interface is meant has to be said").format(target=s.target),
        _("give the interface's number as the fourth part of the address (sin6_scope_id)"),
    )
