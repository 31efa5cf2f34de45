"""Why sendmsg fails by what was to go beside its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sockviz.language import _
from sockviz.model.values import Value
from sockviz.words.number_kinds import beside_name
from sockviz.words.rights import rights_passed
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import bytes_text

#: include/net/scm.h, SCM_MAX_FD: so many descriptors one message passes along.
_MOST_DESCRIPTORS = 253
#: net/ipv4/ip_sockglue.c, ip_cmsg_send; net/ipv6/datagram.c, ip6_datagram_send_ctl: what is taken of a value that goes beside one
#: message only.
_TAKEN: Mapping[str, tuple[int, int]] = {
    "IP_TTL": (1, 255), "IP_TOS": (0, 255), "IPV6_HOPLIMIT": (-1, 255), "IPV6_TCLASS": (-1, 255),
}  # fmt: skip
_INT = 4
_UCRED = 3 * _INT  # struct ucred: pid, uid, gid


def of_beside(s: Situation) -> Cause:
    """EINVAL, EPERM, ETOOMANYREFS and ENOBUFS of sendmsg."""
    match s.error:
        case "EINVAL":
            return _not_taken(s)
        case "EPERM" if any(name == "SCM_CREDENTIALS" for name, _data in _beside(s)):
            return _others(s)
        case "ETOOMANYREFS":
            # net/unix/scm.c, too_many_unix_fds.
            return Cause(
                _(
                    "as many descriptors are under way by SCM_RIGHTS as this user may have open (RLIMIT_NOFILE)"
                ),
                _("have them received first"),
            )
        case "ENOBUFS":
            return _too_much(s)
    return Cause()


def _beside(s: Situation) -> Iterator[tuple[str, bytes]]:
    given = s.call.arguments[2] if s.call.name == "sendmsg" and len(s.call.arguments) > 2 else None
    for item in given if isinstance(given, list | tuple) else ():
        match item:
            case (int(level), int(number), bytes(data)):
                yield beside_name(level, number) or "", data


def _others(s: Situation) -> Cause:
    """net/core/scm.c, scm_check_creds: EPERM; EINVAL where the user namespace knows no such uid or gid, hence not its own."""
    return Cause(
        _("SCM_CREDENTIALS may name no other pid, uid and gid than those of {process} itself").format(
            process=s.call.process
        ),
        _("give its own (os.getpid, os.getuid, os.getgid), or leave them to the kernel by SO_PASSCRED"),
    )


def _not_taken(s: Situation) -> Cause:
    passed = rights_passed(s.call)
    if s.is_unix and len(passed) > _MOST_DESCRIPTORS:
        return Cause(
            _("SCM_RIGHTS passes {most} descriptors along at most, not {count}").format(
                most=_MOST_DESCRIPTORS, count=len(passed)
            ),
            _("pass the others along with another message"),
        )
    for name, data in _beside(s):
        if s.is_unix and name == "SCM_CREDENTIALS" and len(data) == _UCRED:
            return _others(s)
        low, high = _TAKEN.get(name, (0, -1))
        number = int.from_bytes(data[:_INT], "little", signed=True)
        if low <= high and data and not low <= number <= high:
            return Cause(
                _("{option} takes {low} to {high}, not {value}").format(
                    option=name, low=low, high=high, value=number
                )
            )
    return Cause()


def _too_much(s: Situation) -> Cause:
    """net/socket.c, ____sys_sendmsg: control data is copied to memory of the socket's (sock_kmalloc), of which it has optmem_max;
    but what is short, which has its place beforehand. With IP_RECVERR a full queue of a device gives this error, too."""
    size = sum(_HEADER + -(-len(data) // _ALIGNED) * _ALIGNED for data in _payloads(s))
    if size <= _SHORT or s.is_on("IP_RECVERR") or s.is_on("IPV6_RECVERR"):
        return Cause()
    return Cause(
        _(
            "{size} of control data are more than a socket has memory for beside its data (net.core.optmem_max)"
        ).format(size=bytes_text(size)),
        _("send less of it at a time"),
    )


def _payloads(s: Situation) -> Iterator[bytes]:
    given: Value = s.call.arguments[2] if len(s.call.arguments) > 2 else None
    for item in given if isinstance(given, list | tuple) else ():
        if isinstance(item, list | tuple) and len(item) == 3 and isinstance(item[2], bytes):
            yield item[2]


#: struct cmsghdr, and what follows it is padded to (64 bits); the control data for which there is always a place.
_HEADER, _ALIGNED, _SHORT = 16, 8, 36
