"""What a failed call means *here*: its error told of this call on this socket in this world.

What the error means at large, whatever the call: its page in `sockviz.manual`. Each cause is derived from what was observed
(`sockviz.words.causes`); where nothing was, what the kernel returned is all that is said.
"""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import CONNECTING, RECEIVING, SENDING, Call
from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.causes import (
    accepting,
    connecting,
    descriptors,
    names_given,
    naming,
    on_the_wire,
    options,
    others,
    receiving,
    requests,
    sending,
    unmade,
)
from sockviz.words.membership import LISTING
from sockviz.words.situation import Cause, Situation


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failed call explained. ``here`` says what the error means for this call, else what the system said; ``number`` as the
    call reported it. ``remedy`` is what helps here; empty where only what helps at large is known."""

    call: str
    name: str
    number: int | None
    here: str
    manual: str
    remedy: str = ""
    is_derived: bool = False  # from what was observed, so that `here` is the cause
    is_local: bool = False  # of a socket that stays on this machine: most of what is said of errors at large is of networks

    def at_large(self, cause: str, remedy: str) -> tuple[tuple[str, str], ...]:
        """What to say besides ``here``, each under its title, of an error that at large has this usual cause and remedy: a cause
        that was found leaves no room for a usual one, nor what helps here for what helps in most cases."""
        usual = (_("usual cause"), "" if self.is_derived else cause)
        helps = (_("what to do"), self.remedy or ("" if self.is_derived and self.is_local else remedy))
        return tuple(told for told in (usual, helps) if told[1])


def manual_of(call: Call) -> str:
    """The manual page that lists the error: ``connect(2)``."""
    page = {
        "recv_into": "recv", "recvfrom_into": "recvfrom", "sendall": "send", "connect_ex": "connect",
        "setblocking": "fcntl", "settimeout": "fcntl", "recvmsg_into": "recvmsg", "accept4": "accept",
        "register": "epoll_ctl", "modify": "epoll_ctl", "unregister": "epoll_ctl",
    }.get(call.name, call.name)  # fmt: skip
    section = (
        3
        if page in ("getaddrinfo", "getnameinfo", "gethostbyname", "inet_pton", "inet_ntop", "inet_aton")
        else 2
    )
    return f"{page}({section})"


def explain(call: Call, world: World) -> Explanation | None:
    """What the failure of `call` means in `world` (the one right after it); None where it did not fail."""
    if call.error is None:
        return None
    number = call.errno if call.errno is not None else ERRNOS.get(call.error)
    situation = Situation(call, world)
    cause = _cause(situation)
    return Explanation(
        call.name, call.error, number, cause.why or call.message, manual_of(call), cause.remedy,
        is_derived=bool(cause.why), is_local=situation.is_unix or situation.is_pipe,
    )  # fmt: skip


#: Errors that say themselves what is so of their socket: what is told of them is concluded from nothing but calls.
_SAYS_ALL = frozenset({
    "EAGAIN", "EALREADY", "EBADF", "ECONNABORTED", "EDESTADDRREQ", "EINPROGRESS", "EISCONN", "EMSGSIZE", "ENETUNREACH",
    "ENOTCONN", "TimeoutError",
})  # fmt: skip


def told_by_call(call: Call, world: World, seen: World) -> str:
    """Why it failed, where that is a matter of the call alone: of what it was given, of a signal or packets that came before it
    had returned, and what an error says by itself. `world` is without what the kernel was seen to say, which may have been before
    or after; `seen` is with it."""
    situation = Situation(call, world)
    match situation.error:
        case "ECONNREFUSED":
            return on_the_wire.refused(situation)
        case "ECONNRESET":
            return on_the_wire.reset(situation)
        case "EPIPE":
            return on_the_wire.nobody_reads(situation)
        case "EADDRINUSE" if call.name == "bind":
            return on_the_wire.taken(situation, seen)
        case "EINTR" | "EFAULT":
            return _of_call(situation).why
        case "EAGAIN" if call.name in SENDING:
            return sending.no_room_or_no_connection(situation)
        case "EINVAL" if call.name in RECEIVING and acts.has(call, "MSG_OOB"):
            return _cause(situation).why
        case _ if call.name in LISTING:
            return _cause(situation).why
        case name if name in _SAYS_ALL:
            return _cause(situation).why
        case _ if call.name in ("setsockopt", "getsockopt", "sendmsg"):
            return _cause(situation).why
    return ""


def _of_call(s: Situation) -> Cause:
    return others.interrupted(s) if s.error == "EINTR" else others.outside_memory(s)


def _cause(s: Situation) -> Cause:
    if s.error in ("EBADF", "ENOTSOCK", "ESPIPE"):
        return descriptors.of_descriptor(s)
    if s.error == "EMFILE":
        return descriptors.none_free(s)
    if s.error in ("EINTR", "EFAULT") and (found := _of_call(s)).why:
        return found
    if unmade.is_pythons(s.error):
        return unmade.wrong_arguments(s)
    if s.error in ("EAI_ADDRFAMILY", "OSError") and s.call.receiver is not None:
        return unmade.wrong_address(s)
    match s.call.name:
        case name if name in CONNECTING:
            return connecting.connecting(s)
        case name if name in RECEIVING:
            return receiving.receiving(s)
        case name if name in SENDING:
            return sending.sending(s)
        case "bind":
            return naming.binding(s)
        case "listen":
            return naming.listening(s)
        case "accept":
            return accepting.accepting(s)
        case "socket" | "socketpair":
            return descriptors.making(s)
        case "shutdown":
            return descriptors.ending(s)
        case "getpeername":
            return descriptors.asking_peer(s)
        case "setsockopt" | "getsockopt":
            return options.setting(s)
        case name if name in LISTING:
            return others.listing(s)
        case "waitpid" | "kill" | "signal":
            return others.child(s)
        case "ioctl":
            return requests.requesting(s)
        case "lseek":
            return requests.seeking(s)
        case "unlink":
            return others.removing(s)
        case "inet_pton" | "inet_aton":
            return names_given.reading(s)
        case "getaddrinfo":
            return names_given.asking(s)
        case "getnameinfo":
            return names_given.naming(s)
    return Cause()
