"""Why Python made no system call of a line: what it was given is nothing that a call takes, or no address of its socket's."""

from __future__ import annotations

import builtins

from sockviz.language import _
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text

#: sizeof sun_path, and the 0 that Python has it end with (unix(7)).
_LONGEST_PATH = 107


def is_pythons(error: str) -> bool:
    """Whether an error is an exception that Python raises of what a call was given, TypeError and the like: no kernel does."""
    kind = getattr(builtins, error, None)
    return isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, OSError)


def wrong_arguments(s: Situation) -> Cause:
    """TypeError, ValueError, OverflowError: what is wrong with them Python says itself."""
    return Cause(
        "", _("give {call} what it takes: of this Python made no system call").format(call=s.call.name)
    )


def wrong_address(s: Situation) -> Cause:
    """EAI_ADDRFAMILY, and OSError without a number."""
    if s.is_unix:
        given = s.address
        name = given.encode("utf-8", "surrogateescape") if isinstance(given, str) else given
        if not isinstance(name, bytes) or len(name) <= _LONGEST_PATH:
            return Cause()
        return Cause(
            _("{count} bytes are more than the name of a UNIX socket has room for (sun_path: {most})").format(
                count=len(name), most=_LONGEST_PATH
            ),
            _("take a shorter path, such as one below the working directory"),
        )
    if (
        s.end is None
        or s.family not in ("AF_INET", "AF_INET6")
        or (":" in s.end[0]) == (s.family == "AF_INET6")
    ):
        return Cause()
    told = (
        _("{target} is an address of IPv6, and {name} is a socket of {family}")
        if s.family == "AF_INET"
        else _("{target} is an address of IPv4, and {name} is a socket of {family}")
    )
    return Cause(
        told.format(target=address_text(s.address), name=s.name, family=s.family),
        _("use an address and a socket of one family; getaddrinfo gives both"),
    )
