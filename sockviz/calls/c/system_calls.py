"""The C of the calls of os, select, signal, fcntl and resource."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.c.call import CCall, CRendering
from sockviz.calls.c.duration import timeval
from sockviz.calls.c.rendering import plain, simple
from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.widths import as_type
from sockviz.language import _

# --- os -------------------------------------------------------------------------------------------------------------


def _fork(call: CCall) -> None:
    call.writer.need("unistd.h", "sys/types.h")
    call.performs("pid_t", "fork()")
    if call.targets:
        two = _("from here on two processes run: in the new one {name} is 0").format(name=call.targets[0])
        call.writer.line(f"/* {two} */")


def _read(call: CCall) -> None:
    call.writer.need("unistd.h")
    (name,) = call.outputs("data")
    size = call.number("size", "1")
    name = call.buffer(name, "size")
    room = "0" if size == "0" else f"sizeof {name}"
    length = call.performs("ssize_t", f"read({call.number('fd')}, {name}, {room})", f"{name}_len")
    call.value = CValue(CForm.BYTES, name, "char", length)


def _write(call: CCall) -> None:
    call.writer.need("unistd.h")
    pointer, length = call.data("data")
    call.performs("ssize_t", f"write({call.number('fd')}, {pointer}, {length})")


def _pipe(call: CCall) -> None:
    call.writer.need("unistd.h")
    reading, writing = call.outputs("reading", "writing")
    ends = call.writer.temporary("ends")
    call.writer.line(f"int {ends}[2]{' = {-1, -1}' if call.writer.scope.tells else ''};")
    call.checks(f"pipe({ends})")
    names = (f"{ends}[0]", f"{ends}[1]")
    if call.targets:
        names = (
            call.writer.assign("int", reading, f"{ends}[0]"), call.writer.assign("int", writing, f"{ends}[1]"),
        )  # fmt: skip
    call.value = CValue(CForm.TUPLE, names[0], parts=tuple(CValue(CForm.NUMBER, name) for name in names))


def _waitpid(call: CCall) -> None:
    call.writer.need("sys/wait.h")
    pid, status = call.outputs("ended", "status")
    status = call.writer.declare("int", status)
    pid = call.performs("pid_t", f"waitpid({call.number('pid')}, &{status}, {call.number('options')})", pid)
    call.value = CValue(CForm.TUPLE, pid, parts=(CValue(CForm.NUMBER, pid), CValue(CForm.NUMBER, status)))


def _exit(call: CCall) -> None:
    call.writer.need("unistd.h")
    call.writer.line(f"_exit({call.number('status')});")


# --- select ---------------------------------------------------------------------------------------------------------


def _descriptors(call: CCall, parameter: str) -> list[str]:
    """The descriptors of a list: of one that is written out, or that a name holds. Of one whose length only the program knows
    ``name[i]``: all of them."""
    tree = call.given.get(parameter)
    match call.writer.held(tree) if tree is not None and tree != ["list", []] else None:
        case CValue(form=CForm.TUPLE, parts=parts) if all(
            p.form in (CForm.NUMBER, CForm.SOCKET) for p in parts
        ):
            return [part.text for part in parts]
        case CValue(form=CForm.NUMBERS, text=text, length=length) if length.isdecimal():
            return [f"{text}[{n}]" for n in range(int(length))]
        case CValue(form=CForm.NUMBERS, text=text) if call.writer.scope.whole:
            return [f"{text}[i]"]
        case None:
            return []
    call.writer.fallback(tree)
    return []


def _each(call: CCall, fd: str, *lines: str) -> None:
    """Writes lines about a descriptor; about each of a list, where `fd` is ``name[i]``."""
    depth = ""
    if fd.endswith("[i]"):
        array = fd.removesuffix("[i]")
        call.writer.line(f"for (int i = 0; i < {array}_len; i++)")
        depth = "    "
    for line in lines:
        call.writer.line(depth + line)


def _select(call: CCall) -> None:
    call.writer.need("sys/select.h")
    names = call.outputs("readable", "writable", "exceptional")
    every: list[str] = []
    sets: list[tuple[str, list[str]]] = []
    for name, parameter in zip(names, ("reading", "writing", "exceptional"), strict=True):
        items = _descriptors(call, parameter)
        room = call.writer.temporary(f"{name}_set") if items else "NULL"
        sets.append((room, items))
        every += items
        if items:
            call.writer.line(f"fd_set {room};")
            call.writer.line(f"FD_ZERO(&{room});")
        for fd in items:
            _each(call, fd, f"FD_SET({fd}, &{room});")
    highest = call.writer.temporary("highest")
    call.writer.line(f"int {highest} = -1;")
    for fd in dict.fromkeys(every):
        _each(call, fd, f"if ({fd} > {highest})", f"    {highest} = {fd};")
    limit = "NULL"
    if call.has("timeout"):
        name = call.writer.temporary("limit")
        timeval(call.writer, call.given["timeout"], name)
        limit = f"&{name}"
    arguments = ", ".join("NULL" if room == "NULL" else f"&{room}" for room, _ in sets)
    call.checks(f"select({highest} + 1, {arguments}, {limit})")
    if call.is_dropped:
        return
    call.writer.line(f"/* {_('what is left in each set is ready: a list of it, as Python gives')} */")
    parts = [_ready(call, name, room, items) for name, (room, items) in zip(names, sets, strict=True)]
    call.value = CValue(CForm.TUPLE, names[0], parts=tuple(parts))


def _ready(call: CCall, name: str, room: str, items: list[str]) -> CValue:
    """A list of those of `items` that select left in the set `room`."""
    if not items and not call.writer.scope.tells and not (call.writer.scope.whole and call.is_read(name)):
        return CValue(CForm.NUMBERS, name, "int", "0")  # no later line asks for its length
    most = "FD_SETSIZE" if any(fd.endswith("[i]") for fd in items) else str(len(items))
    name = call.writer.declare("int", name, f"[{most}]" if items else "[1] = {0}")
    length = call.writer.assign("int", f"{name}_len", "0")
    for fd in items:
        _each(call, fd, f"if (FD_ISSET({fd}, &{room}))", f"    {name}[{length}++] = {fd};")
    return CValue(CForm.NUMBERS, name, "int", length)


def _poll_object(call: CCall) -> None:
    call.writer.need("poll.h")
    (name,) = call.outputs("watched")
    name = call.writer.declare("struct pollfd", name, f"[{call.writer.scope.watched}]")
    length = call.writer.assign("nfds_t", f"{name}_len", "0")
    call.value = CValue(CForm.WATCHED, name, "struct pollfd", length)


def _watched(call: CCall) -> CValue:
    return call.writer.held(call.receiver)


def _poll_register(call: CCall) -> None:
    call.writer.need("poll.h")
    watched, fd = _watched(call), call.number("fd")
    events = call.number("events", "POLLIN | POLLPRI | POLLOUT")
    entry = f"(struct pollfd){{.fd = {fd}, .events = {events}}}"
    call.writer.line(f"{watched.text}[{watched.length}++] = {entry};")


def _poll_modify(call: CCall) -> None:
    watched, fd, events = _watched(call), call.number("fd"), call.number("events")
    call.writer.line(f"for (nfds_t i = 0; i < {watched.length}; i++)")
    call.writer.line(f"    if ({watched.text}[i].fd == {fd})")
    call.writer.line(f"        {watched.text}[i].events = {events};")


def _poll_unregister(call: CCall) -> None:
    watched, fd = _watched(call), call.number("fd")
    call.writer.line(f"for (nfds_t i = 0; i < {watched.length}; i++)")
    call.writer.line(f"    if ({watched.text}[i].fd == {fd})")
    call.writer.line(f"        {watched.text}[i].fd = -1; /* {_('poll passes over it')} */")


def _poll(call: CCall) -> None:
    call.writer.need("poll.h")
    watched = _watched(call)
    arguments = f"{watched.text}, {watched.length}, {call.number('timeout', '-1')}"
    if not call.targets and not call.nested:
        call.performs("int", f"poll({arguments})")
        call.writer.line(f"/* {_('.revents of each entry says what it is ready for')} */")
        if not call.writer.scope.tells:
            return
    else:
        call.checks(f"poll({arguments})")
    if call.is_dropped:
        return
    (ready,) = call.outputs("ready")
    ready = call.writer.declare("struct pollfd", ready, f"[{call.writer.scope.watched}]")
    length = call.writer.assign("int", f"{ready}_len", "0")
    call.writer.line(f"/* {_('.revents of each entry says what it is ready for')} */")
    call.writer.line(f"for (nfds_t i = 0; i < {watched.length}; i++)")
    call.writer.line(f"    if ({watched.text}[i].revents != 0)")
    call.writer.line(f"        {ready}[{length}++] = {watched.text}[i];")
    call.value = CValue(CForm.POLLED, ready, "struct pollfd", length)


def _epoll(call: CCall) -> None:
    call.writer.need("sys/epoll.h")
    call.performs("int", "epoll_create1(0)")


def _epoll_control(operation: str) -> CRendering:
    def render(call: CCall) -> None:
        call.writer.need("sys/epoll.h")
        event = call.writer.temporary("event")
        fd = call.number("fd")
        events = (
            call.number("events", "EPOLLIN | EPOLLPRI | EPOLLOUT") if operation != "EPOLL_CTL_DEL" else "0"
        )
        call.writer.line(f"struct epoll_event {event} = {{.events = {events}, .data.fd = {fd}}};")
        call.performs("int", f"epoll_ctl({call.fd}, {operation}, {fd}, &{event})")

    return render


def _epoll_wait(call: CCall) -> None:
    call.writer.need("sys/epoll.h")
    (ready,) = call.outputs("ready")
    ready = call.writer.declare("struct epoll_event", ready, "[16]")
    limit = "-1"
    if call.has("timeout"):
        match call.given["timeout"]:
            case ["value", int() | float() as seconds]:
                limit = str(round(float(seconds) * 1000))
            case _:
                limit = f"{call.number('timeout')} * 1000"
    length = call.performs("int", f"epoll_wait({call.fd}, {ready}, 16, {limit})", f"{ready}_len")
    call.value = CValue(CForm.EVENTS, ready, "struct epoll_event", length)


# --- fcntl ----------------------------------------------------------------------------------------------------------


def _ioctl(call: CCall) -> None:
    # Python takes a buffer and gives it back filled, bytes like any. Where struct.unpack("i", …)[0] stands around it, C has the
    # number at once: CWriter.asked.
    call.writer.need("sys/ioctl.h")
    (name,) = call.outputs("answer")
    name = call.writer.declare("char", name, "[sizeof(int)]")
    length = call.writer.assign("size_t", f"{name}_len", f"sizeof {name}")
    call.checks(f"ioctl({call.number('descriptor')}, {call.number('request')}, {name})")
    call.value = CValue(CForm.BYTES, name, "char", length)


# --- limits ---------------------------------------------------------------------------------------------------------


def _getrlimit(call: CCall) -> None:
    call.writer.need("sys/resource.h")
    name = call.writer.temporary("limit") if call.unpacks or not call.targets else call.targets[0]
    name = call.writer.declare("struct rlimit", name)
    call.checks(f"getrlimit({call.number('resource')}, &{name})")
    call.value = CValue(CForm.LIMIT, name, "struct rlimit")
    if call.unpacks and len(call.targets) == 2:
        soft = call.writer.assign("rlim_t", call.targets[0], f"{name}.rlim_cur")
        hard = call.writer.assign("rlim_t", call.targets[1], f"{name}.rlim_max")
        parts = (CValue(CForm.NUMBER, soft, "rlim_t"), CValue(CForm.NUMBER, hard, "rlim_t"))
        call.value = CValue(CForm.TUPLE, name, parts=parts)


def _setrlimit(call: CCall) -> None:
    call.writer.need("sys/resource.h")
    name = call.writer.temporary("limit")
    match call.given.get("limits"):
        case ["tuple", [soft, hard]]:
            cur, most = (as_type(call.writer.scope, "rlim_t", call.writer.number(it)) for it in (soft, hard))
            numbers = f".rlim_cur = {cur}, .rlim_max = {most}"
            call.writer.line(f"struct rlimit {name} = {{{numbers}}};")
        case ["name", _] as other if (
            call.writer.held(other).form is CForm.LIMIT or not call.writer.scope.whole
        ):
            name = call.writer.held(other).text
        case other_form:
            call.writer.line(f"struct rlimit {name} = {{{call.writer.fallback(other_form)}}};")
    call.performs("int", f"setrlimit({call.number('resource')}, &{name})")


def _signal(call: CCall) -> None:
    call.writer.need("signal.h")
    number, handler = call.number("signalnum"), call.number("handler")
    if call.writer.scope.tells:
        call.writer.line(f"result = signal({number}, {handler}) == SIG_ERR ? -1 : 0;")
        call.writer.line("if (result == -1)")
        call.writer.text.failure = "failure(result)"
    else:
        call.writer.line(f"if (signal({number}, {handler}) == SIG_ERR)")
    call.writer.line(f"    {call.writer.complaint('signal')}")
    call.value = CValue(CForm.NOTHING, "0")


#: By the row's key.
RENDERINGS: Mapping[str, CRendering] = {
    "os.fork": _fork,
    "os.getpid": simple("getpid()", "pid_t", "unistd.h"),
    "os.close": plain("close({descriptor})", headers="unistd.h"),
    "os.read": _read,
    "os.write": _write,
    "os.pipe": _pipe,
    "os.dup": plain("dup({descriptor})", headers="unistd.h"),
    "os.dup2": plain("dup2({descriptor}, {descriptor2})", headers="unistd.h"),
    "os.kill": plain("kill({pid}, {signal})", headers="signal.h sys/types.h"),
    "os.waitpid": _waitpid,
    "os._exit": _exit,
    "os.unlink": plain("unlink({path})", headers="unistd.h"),
    "os.lseek": plain("lseek({descriptor}, {position}, {whence})", "off_t", "unistd.h sys/types.h"),
    "select.select": _select,
    "select.poll": _poll_object,
    "select.poll.register": _poll_register,
    "select.poll.modify": _poll_modify,
    "select.poll.unregister": _poll_unregister,
    "select.poll.poll": _poll,
    "select.epoll": _epoll,
    "select.epoll.register": _epoll_control("EPOLL_CTL_ADD"),
    "select.epoll.modify": _epoll_control("EPOLL_CTL_MOD"),
    "select.epoll.unregister": _epoll_control("EPOLL_CTL_DEL"),
    "select.epoll.poll": _epoll_wait,
    "select.epoll.close": plain("close({fd})", headers="unistd.h"),
    "select.epoll.fileno": simple("{fd}"),
    "signal.signal": _signal,
    "signal.alarm": simple("alarm({seconds})", "unsigned int", "unistd.h", acts=True),
    "fcntl.fcntl": plain("fcntl({descriptor}, {cmd}, {arg=0})", headers="fcntl.h"),
    "fcntl.ioctl": _ioctl,
    "resource.getrlimit": _getrlimit,
    "resource.setrlimit": _setrlimit,
}
