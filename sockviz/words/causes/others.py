"""Why calls fail that neither name, connect, send nor receive: options, lists of descriptors, children, files."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.linux.options import option_of
from sockviz.model.process import Process
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.words.option_words import option_name, value_text
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text


def setting(s: Situation) -> Cause:
    """Of setsockopt and getsockopt."""
    arguments = s.call.arguments
    if len(arguments) < 3:
        return Cause()
    option = option_of(arguments[1], arguments[2])
    name = option_name(arguments[1], arguments[2])
    value = value_text(option, arguments[3]) if len(arguments) > 3 else ""
    match s.error:
        case "ENOPROTOOPT":
            return Cause(
                _("this kernel has no {option} for {name} ({family}, {type})").format(
                    option=name, name=s.name, family=s.family, type=s.type
                )
            )
        case "EINVAL" if option is not None and isinstance(arguments[-1], int) and " " in option.form.value:
            if not option.form.value.startswith("int"):
                return Cause(
                    _("{option} takes a {form}, not a number").format(option=name, form=_(option.form.value))
                )
        case "EADDRINUSE" if value:
            return Cause(_("{name} has joined {group} already").format(name=s.name, group=value))
        case "EADDRNOTAVAIL" if value:
            return Cause(_("{name} has not joined {group}").format(name=s.name, group=value))
    return Cause()


def listing(s: Situation) -> Cause:
    """Of register, modify and unregister of an epoll object."""
    arguments = s.call.arguments
    if len(arguments) < 2 or not isinstance(arguments[0], ObjectValue):
        return Cause()
    given = arguments[1]
    fd = given.fd if isinstance(given, SocketValue) else given
    match s.error:
        case "EEXIST":
            return Cause(
                _("descriptor {fd} is on the list already").format(fd=fd),
                _("modify changes what it is watched for"),
            )
        case "ENOENT":
            return Cause(_("descriptor {fd} is not on the list").format(fd=fd), _("register puts it there"))
        case "EPERM":
            return Cause(
                _("descriptor {fd} is a file that can never be waited for: it is always ready").format(fd=fd)
            )
    return Cause()


def child(s: Situation) -> Cause:
    """Of waitpid and kill."""
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
        case "kill", "ESRCH" if named is not None:
            return Cause(_("{process} has ended, and was waited for").format(process=named.name))
    return Cause()


def removing(s: Situation) -> Cause:
    """Of unlink."""
    if s.error != "ENOENT" or not s.call.arguments:
        return Cause()
    return Cause(_("there is no file {path}").format(path=address_text(s.call.arguments[0])))


def _process_of(pid: Value, s: Situation) -> Process | None:
    return next((p for p in s.world.processes.values() if p.pid == pid), None)
