"""Why calls fail that neither name, connect, send nor receive: lists of descriptors, children, files."""

from __future__ import annotations

from sockviz.language import N_, _
from sockviz.model.linux.files import EPOLL
from sockviz.model.linux.names import mask, signal_name
from sockviz.model.linux.signals import WAIT_OPTIONS
from sockviz.model.process import Process
from sockviz.model.values import ObjectValue, Value
from sockviz.words.causes.paths import too_long_a_path
from sockviz.words.membership import Membership, membership, spelled
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text


def listing(s: Situation) -> Cause:
    """Of a call that changes the list of an epoll instance."""
    changed = membership(s.call)
    if changed is None or not isinstance(s.call.arguments[0], ObjectValue):
        return Cause()
    fd = changed.fd
    match s.error:
        case "EEXIST":
            return Cause(
                _("descriptor {fd} is on the list already").format(fd=fd),
                _("{call} changes what it is watched for").format(call=spelled(s.call, "modify")),
            )
        case "ENOENT":
            return Cause(
                _("descriptor {fd} is not on the list").format(fd=fd),
                _("{call} puts it there").format(call=spelled(s.call, "register")),
            )
        case "EPERM":
            return Cause(
                _("descriptor {fd} is a file that can never be waited for: it is always ready").format(fd=fd),
                _("read or write it without asking"),
            )
        case "ELOOP":  # fs/eventpoll.c, ep_loop_check: also where lists stand on lists too deep
            return Cause(
                _(
                    "descriptor {fd} is a list that waits for this one already, or too many stand on each other"
                ).format(fd=fd),
                _("let one of them wait for the other, not both"),
            )
        case "EINVAL" if (told := _exclusive(s, changed)).why:
            return told
        case "EINVAL" if (
            isinstance(changed.given, ObjectValue) or str(changed.given) == s.call.arguments[0].text
        ):
            return Cause(_("a list cannot stand on itself, nor wait for anything but descriptors"))
    return Cause()


def _exclusive(s: Situation, changed: Membership) -> Cause:
    """fs/eventpoll.c, do_epoll_ctl: EPOLLEXCLUSIVE is set once, with few others, and what is so set is not changed."""
    asked = changed.events if isinstance(changed.events, int) else 0
    given = s.call.arguments[0]
    entry = next(
        (
            each
            for each in (s.process.fds if s.process is not None else ())
            if isinstance(given, ObjectValue) and given.text == str(each.fd)
        ),
        None,
    )
    on_it = entry is not None and any(
        each.fd == changed.fd and each.events & EPOLL["EPOLLEXCLUSIVE"] for each in entry.watched
    )
    if changed.what == "modify" and (on_it or asked & EPOLL["EPOLLEXCLUSIVE"]):
        told = _("descriptor {fd} stands on the list with EPOLLEXCLUSIVE, and that is not changed any more")
        never = _("EPOLLEXCLUSIVE may be asked for only as descriptor {fd} is put on the list")
        return Cause(
            (told if on_it else never).format(fd=changed.fd),
            _("{call} takes it off; then {again} puts it there anew").format(
                call=spelled(s.call, "unregister"), again=spelled(s.call, "register")
            ),
        )
    more = asked & ~sum(EPOLL[name] for name in _WITH_EXCLUSIVE)
    if changed.what == "register" and asked & EPOLL["EPOLLEXCLUSIVE"] and more:
        return Cause(
            _("beside EPOLLEXCLUSIVE the kernel does not take {events}").format(events=mask(more, EPOLL)),
            _("leave one of the two out"),
        )
    return Cause()


#: include/uapi/linux/eventpoll.h, fs/eventpoll.c: EPOLLEXCLUSIVE_OK_BITS.
_WITH_EXCLUSIVE = ("EPOLLIN", "EPOLLOUT", "EPOLLERR", "EPOLLHUP", "EPOLLWAKEUP", "EPOLLET", "EPOLLEXCLUSIVE")


#: kernel/exit.c, kernel_wait4; with __WNOTHREAD, __WALL and __WCLONE.
_WAITED_WITH = ("WNOHANG", "WUNTRACED", "WCONTINUED")
_OF_THREADS = 0xE0000000
#: kernel/signal.c, sig_kernel_only.
_NOT_CHANGED = ("SIGKILL", "SIGSTOP")


def child(s: Situation) -> Cause:
    """Of waitpid, kill and signal."""
    pid = s.call.arguments[0] if s.call.arguments else None
    named = _process_of(pid, s)
    match s.call.name, s.error:
        case "waitpid", "ECHILD" if named is not None and named.parent == s.call.process:
            return Cause(
                _("{process} has been waited for already: a child's status is given once").format(
                    process=named.name
                )
            )
        case "waitpid", "ECHILD" if named is not None:
            return Cause(
                _("{child} is no child of {process}").format(child=named.name, process=s.call.process)
            )
        case "waitpid", "ECHILD":
            return Cause(_("{process} has no child that it could wait for").format(process=s.call.process))
        case "waitpid", "EINVAL" if len(s.call.arguments) > 1 and isinstance(s.call.arguments[1], int):
            known = _OF_THREADS | sum(WAIT_OPTIONS[name] for name in _WAITED_WITH)
            if unknown := s.call.arguments[1] & ~known:
                return Cause(
                    _("waitpid takes no {options}").format(options=mask(unknown, WAIT_OPTIONS)),
                    _("leave it out"),
                )
        case "signal", "EINVAL" if s.call.arguments and signal_name(s.call.arguments[0]) in _NOT_CHANGED:
            return Cause(
                _("what {signal} does cannot be changed: no process can withstand it").format(
                    signal=signal_name(s.call.arguments[0])
                )
            )
        case "kill", "EINVAL" if len(s.call.arguments) > 1:
            return Cause(_("there is no signal {number}").format(number=s.call.arguments[1]))
        case "kill", "ESRCH" if named is not None:
            return Cause(_("{process} has ended, and was waited for").format(process=named.name))
    return Cause()


def removing(s: Situation) -> Cause:
    """Of unlink."""
    if s.error == "ENAMETOOLONG":
        return too_long_a_path(s)
    if s.error != "ENOENT" or not s.call.arguments:
        return Cause()
    return Cause(
        _("there is no file {path}").format(path=address_text(s.call.arguments[0])),
        _("nothing is left to remove"),
    )


def _process_of(pid: Value, s: Situation) -> Process | None:
    return next((p for p in s.world.processes.values() if p.pid == pid), None)


def interrupted(s: Situation) -> Cause:
    """EINTR, of any call of a program that is watched: the signal that came while it was under way."""
    process = s.process
    came = process.delivered.get(s.call.task) if process is not None else None
    if came is None or not s.call.entered <= came.at <= (s.call.returned or came.at):
        return Cause()
    # Which of several it was nobody tells: one without a handler, or with SA_RESTART, interrupts nothing.
    names = _(" and ").join(dict.fromkeys((*came.before, came.name)))
    return Cause(_("{signal} came meanwhile").format(signal=names), _("make the call again"))


def outside_memory(s: Situation) -> Cause:
    """EFAULT, of a call of a program that is watched: the pointer behind which its tracer found nothing either, or not enough."""
    for at, value in enumerate(s.call.arguments):
        for given in value if isinstance(value, list) else (value,):
            if isinstance(given, ObjectValue) and given.kind == "pointer":
                pointer, _comma, length = given.text.partition(", ")
                told = (
                    _(
                        "{pointer} ({what}) with what follows, {length} in all, is not in the memory of {process}"
                    )
                    if length
                    else _("{pointer} ({what}) is not in the memory of {process}")
                )
                what = _(_behind(s.call.name, at))
                return Cause(told.format(pointer=pointer, what=what, length=length, process=s.call.process))
    return Cause()


_ADDRESS, _DATA, _MESSAGE = N_("the address"), N_("the data"), N_("the message")
_BUFFER, _LIST, _VALUE = N_("the buffer"), N_("the list of descriptors"), N_("the value")
_POINTERS = {
    "bind": _ADDRESS, "connect": _ADDRESS, "send": _DATA, "write": _DATA, "sendto": _DATA, "sendmsg": _MESSAGE,
    "recvmsg": _MESSAGE, "setsockopt": _VALUE, "poll": _LIST, "select": _LIST, "epoll_ctl": N_("the event"),
}  # fmt: skip


def _behind(name: str, at: int) -> str:
    """What is behind the pointer that a call was given at this place, as C's page of the manual calls it."""
    return _ADDRESS if name == "sendto" and at > 1 else _POINTERS.get(name, _BUFFER)
