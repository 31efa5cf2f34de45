"""Why a call fails whatever it was going to do: its descriptor is not what it needs, or none is to be had."""

from __future__ import annotations

from sockviz.language import _
from sockviz.words import acts
from sockviz.words.causes.receiving import unconnected
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import call_as_made


def of_descriptor(s: Situation) -> Cause:
    """EBADF and ENOTSOCK, of any call."""
    entry = s.entry
    if s.error == "EBADF":
        if entry is not None and entry.fd == s.number:
            return Cause(
                _("descriptor {fd} is open ({file}), but not for this").format(
                    fd=s.number, file=entry.target.partition(":")[0]
                )
            )
        if _has_closed(s):
            return Cause(
                _("its descriptor is closed: {process} has closed it before").format(process=s.call.process)
            )
        if s.call.receiver is None and s.number is not None and s.number >= 0:
            return Cause(
                _("{process} has no open descriptor {fd}").format(process=s.call.process, fd=s.number)
            )
        return Cause(_("its descriptor is closed: there is no socket behind it any more"))
    if entry is not None and not entry.is_socket:
        return Cause(
            _("descriptor {fd} is no socket ({file})").format(
                fd=s.number, file=entry.target.partition(":")[0]
            )
        )
    return Cause()


def _has_closed(s: Situation) -> bool:
    """Whether its process has closed the socket."""
    return s.call.receiver is not None and any(
        call.process == s.call.process for call in acts.on(s.world, s.inode, "close")
    )


def making(s: Situation) -> Cause:
    """Of socket."""
    match s.error:
        case "EPERM" | "EACCES" if any(str(value) in ("3", "SOCK_RAW") for value in s.call.arguments[1:2]):
            return Cause(_("a raw socket needs the capability CAP_NET_RAW, which this process does not have"))
        case "EMFILE":
            return Cause(_("all the descriptors that this process may have are open"))
        case "EAFNOSUPPORT" | "EPROTONOSUPPORT" | "ESOCKTNOSUPPORT":
            asked = call_as_made(s.call).removeprefix("socket")
            return Cause(
                _("no protocol of this kernel is of such a family, type and number: {asked}").format(
                    asked=asked
                )
            )
    return Cause()


def ending(s: Situation) -> Cause:
    """Of shutdown."""
    if s.error != "ENOTCONN":
        return Cause()
    why = unconnected(s)
    if s.row is not None and s.row.is_listening:
        return Cause(_("{name} listens: it has no connection that could be shut down").format(name=s.name))
    return Cause(_("{name} has no connection that could be shut down: {why}").format(name=s.name, why=why))


def asking_peer(s: Situation) -> Cause:
    """Of getpeername."""
    if s.error != "ENOTCONN":
        return Cause()
    if s.row is not None and s.row.is_listening:
        return Cause(_("{name} listens: it has no peer").format(name=s.name))
    return Cause(_("{name} has no peer: {why}").format(name=s.name, why=unconnected(s)))
