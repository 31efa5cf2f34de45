"""What a constant means that a line may name, by its name alone."""

from __future__ import annotations

from functools import cache

from sockviz.language import _, current
from sockviz.model.linux.options import SYNONYMS
from sockviz.words.number_meanings import ERRORS, number_meaning
from sockviz.words.option_meanings import MEANINGS

#: Other names of the same number: Linux's own of what RFC 3493 calls a protocol, and older ones.
_SAME = {
    "SOL_IP": "IPPROTO_IP", "SOL_TCP": "IPPROTO_TCP", "SOL_UDP": "IPPROTO_UDP", "SOL_IPV6": "IPPROTO_IPV6",
    "SOL_ICMPV6": "IPPROTO_ICMPV6", "SOL_MPTCP": "IPPROTO_MPTCP", "AF_LOCAL": "AF_UNIX", "AF_ROUTE": "AF_NETLINK",
    "SIGCLD": "SIGCHLD", "SIGPOLL": "SIGIO", "EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP", "O_CLOEXEC": "FD_CLOEXEC",
    **SYNONYMS,
}  # fmt: skip


def constant_meaning(name: str) -> str:
    """A clause of what it means to a call that is given it, or of an error; nothing of what hardly anybody meets."""
    return _meaning(name, current())


@cache
def _meaning(name: str, _language: str) -> str:
    meant = _SAME.get(name, name)
    told = MEANINGS.get(meant) or ERRORS.get(meant)
    return number_meaning(meant, asked=True) or (_(told) if told is not None else "")
