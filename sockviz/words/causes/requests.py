"""Why a descriptor does not do what is asked of it beside reading and writing: ioctl's requests, lseek's positions."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.linux.files import REQUESTS, WHENCE
from sockviz.model.linux.names import name_of, named
from sockviz.words.shown import show
from sockviz.words.situation import Cause, Situation


def requesting(s: Situation) -> Cause:
    """Of ioctl."""
    request = s.call.arguments[1] if len(s.call.arguments) > 1 else None
    name = name_of(request, REQUESTS)
    if name is None:
        return Cause()
    is_list = s.entry is not None and "eventpoll" in s.entry.target
    if s.error == "ENOTTY" or (
        s.error == "EINVAL" and is_list
    ):  # fs/eventpoll.c, ep_eventpoll_ioctl (Linux 6.9)
        return _unknown(name, s)
    if s.error == "EACCES" and s.entry is not None and s.entry.target.startswith("/dev/"):
        return Cause(
            _("{process} is kept from asking a device anything ({file}); in a lab Landlock does that").format(
                process=s.call.process, file=s.entry.target
            ),
            _("ask a socket"),
        )
    # net/ipv4/tcp.c, tcp_ioctl; net/unix/af_unix.c, unix_inq_len.
    if s.error == "EINVAL" and s.row is not None and s.row.is_listening:
        return Cause(
            _("{name} listens: no bytes come and go there, and {request} counts them").format(
                name=s.name, request=name
            ),
            _("ask a socket that accept has given"),
        )
    return Cause()


def _unknown(request: str, s: Situation) -> Cause:
    if s.family and s.type:
        what = _("{name} ({family}, {type})").format(name=s.name, family=s.family, type=s.type)
    elif s.is_pipe:
        what = _("{name} (a pipe)").format(name=s.name)
    elif s.entry is not None and s.number is not None:
        what = _("descriptor {fd} ({file})").format(fd=s.number, file=s.entry.target.partition(":")[0])
    else:
        return Cause()
    told = _("{request} is nothing that {what} can be asked").format(request=request, what=what)
    return Cause(told, _("ask a TCP socket") if request in _TCPS else _("ask a socket"))


#: net/ipv4/udp.c, udp_ioctl: datagram sockets know SIOCOUTQ and FIONREAD (SIOCINQ) alone.
_TCPS = ("SIOCOUTQNSD", "SIOCATMARK")


def seeking(s: Situation) -> Cause:
    """EINVAL of lseek."""
    match s.call.arguments if s.error == "EINVAL" else ():
        case (_fd, _position, int(whence)) if name_of(whence, WHENCE) is None:
            return Cause(
                _("{whence} is none of SEEK_SET (0), SEEK_CUR (1), SEEK_END (2)").format(
                    whence=show(whence, 24)
                )
            )
        case (_fd, int(position), int(whence)) if position < 0:
            return Cause(
                _("{position} from {whence} on is before the file's beginning").format(
                    position=position, whence=named(whence, WHENCE)
                )
            )
    return Cause()
