"""Why calls fail that neither name, connect, send nor receive: lists of descriptors, children, files."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.process import Process
from sockviz.model.values import ObjectValue, Value
from sockviz.words.membership import membership, spelled
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
        case "EINVAL" if isinstance(changed.given, ObjectValue):
            return Cause(_("a list cannot stand on itself, nor wait for anything but descriptors"))
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
        case "kill", "EINVAL" if len(s.call.arguments) > 1:
            return Cause(_("there is no signal {number}").format(number=s.call.arguments[1]))
        case "kill", "ESRCH" if named is not None:
            return Cause(_("{process} has ended, and was waited for").format(process=named.name))
    return Cause()


def removing(s: Situation) -> Cause:
    """Of unlink."""
    if s.error != "ENOENT" or not s.call.arguments:
        return Cause()
    return Cause(
        _("there is no file {path}").format(path=address_text(s.call.arguments[0])),
        _("nothing is left to remove"),
    )


def _process_of(pid: Value, s: Situation) -> Process | None:
    return next((p for p in s.world.processes.values() if p.pid == pid), None)
