"""The table's rows for os, select, signal, fcntl and resource."""

from __future__ import annotations

from sockviz.lesson.c_call import CCall
from sockviz.lesson.c_rendering import plain, simple
from sockviz.lesson.restrictions import (
    bounded_limit,
    known_ioctl,
    one_of,
    own_process,
    plain_file,
    safe_fcntl,
)
from sockviz.lesson.rows import CRendering, Kind, Restriction, Row, parameters
from sockviz.model.values import Json

POLL, EPOLL = "select.poll", "select.epoll"


def _function(
    key: str,
    takes: str,
    returns: Kind | tuple[Kind, ...],
    system_calls: str,
    c: CRendering,
    *,
    man: str = "",
    receiver: Kind | None = None,
    may_block: bool = False,
    is_call: bool = True,
    restriction: Restriction | None = None,
) -> Row:
    return Row(
        key, receiver, returns, parameters(takes), tuple(system_calls.split()), man or f"{key.rpartition('.')[2]}(2)", c,
        may_block=may_block, is_call=is_call, restriction=restriction,
    )  # fmt: skip


# --- os -------------------------------------------------------------------------------------------------------------


def _fork(call: CCall) -> None:
    call.writer.need("unistd.h", "sys/types.h")
    call.performs("pid_t", "fork()")
    if call.targets:
        call.writer.line(f"/* from here on two processes run: in the new one {call.targets[0]} is 0 */")


def _read(call: CCall) -> None:
    call.writer.need("unistd.h")
    (name,) = call.outputs("data")
    size = call.number("size", "1")
    call.writer.declare("char", name, f"[{size}]" if size != "0" else "[1]")
    call.performs("ssize_t", f"read({call.number('fd')}, {name}, sizeof {name})", f"{name}_len")
    call.expression = name


def _write(call: CCall) -> None:
    call.writer.need("unistd.h")
    pointer, length = call.data("data")
    call.performs("ssize_t", f"write({call.number('fd')}, {pointer}, {length})")


def _pipe(call: CCall) -> None:
    call.writer.need("unistd.h")
    reading, writing = call.outputs("reading", "writing")
    ends = call.writer.temporary("ends")
    call.writer.line(f"int {ends}[2];")
    call.writer.line(f"if (pipe({ends}) == -1)")
    call.writer.line('    perror("pipe");')
    call.writer.assign("int", reading, f"{ends}[0]")
    call.writer.assign("int", writing, f"{ends}[1]")


def _waitpid(call: CCall) -> None:
    call.writer.need("sys/wait.h")
    pid, status = call.outputs("ended", "status")
    call.writer.declare("int", status)
    call.performs("pid_t", f"waitpid({call.number('pid')}, &{status}, {call.number('options')})", pid)


def _exit(call: CCall) -> None:
    call.writer.need("unistd.h")
    call.writer.line(f"_exit({call.number('status')});")


# --- select ---------------------------------------------------------------------------------------------------------


def _descriptors(tree: Json) -> list[Json]:
    match tree:
        case ["list" | "tuple", list(items)]:
            return items
    return []


def _select(call: CCall) -> None:
    call.writer.need("sys/select.h", "sys/time.h")
    sets = call.outputs("readable", "writable", "exceptional")
    highest, every = call.writer.temporary("highest"), []
    for name, parameter in zip(sets, ("reading", "writing", "exceptional"), strict=True):
        call.writer.declare("fd_set", name)
        call.writer.line(f"FD_ZERO(&{name});")
        for item in _descriptors(call.given.get(parameter)):
            fd = call.writer.number(item)
            every.append(fd)
            call.writer.line(f"FD_SET({fd}, &{name});")
    call.writer.line(f"int {highest} = -1;")
    for fd in dict.fromkeys(every):
        call.writer.line(f"if ({fd} > {highest})")
        call.writer.line(f"    {highest} = {fd};")
    limit = "NULL"
    if call.has("timeout"):
        seconds = call.given["timeout"]
        name = call.writer.temporary("limit")
        match seconds:
            case ["value", int() | float() as number]:
                whole, rest = divmod(round(float(number) * 1_000_000), 1_000_000)
                call.writer.line(f"struct timeval {name} = {{.tv_sec = {whole}, .tv_usec = {rest}}};")
            case _:
                call.writer.line(f"struct timeval {name} = {{.tv_sec = {call.number('timeout')}}};")
        limit = f"&{name}"
    arguments = ", ".join(f"&{name}" for name in sets)
    call.writer.line(f"if (select({highest} + 1, {arguments}, {limit}) == -1)")
    call.writer.line('    perror("select");')
    call.writer.line("/* each set now holds only the descriptors that are ready: FD_ISSET tells */")


def _poll_object(call: CCall) -> None:
    call.writer.need("poll.h")
    (name,) = call.outputs("watched")
    call.writer.declare("struct pollfd", name, "[16]")
    call.writer.assign("nfds_t", f"{name}_len", "0")
    call.expression = name


def _poll_register(call: CCall) -> None:
    events = call.number("events", "POLLIN | POLLPRI | POLLOUT")
    entry = f"(struct pollfd){{.fd = {call.number('fd')}, .events = {events}}}"
    call.writer.line(f"{call.fd}[{call.fd}_len++] = {entry};")


def _poll_modify(call: CCall) -> None:
    call.writer.line(f"for (nfds_t i = 0; i < {call.fd}_len; i++)")
    call.writer.line(f"    if ({call.fd}[i].fd == {call.number('fd')})")
    call.writer.line(f"        {call.fd}[i].events = {call.number('events')};")


def _poll_unregister(call: CCall) -> None:
    call.writer.line(f"for (nfds_t i = 0; i < {call.fd}_len; i++)")
    call.writer.line(f"    if ({call.fd}[i].fd == {call.number('fd')})")
    call.writer.line(f"        {call.fd}[i].fd = -1; /* poll passes over it */")


def _poll(call: CCall) -> None:
    call.writer.need("poll.h")
    call.performs("int", f"poll({call.fd}, {call.fd}_len, {call.number('timeout', '-1')})")
    call.writer.line("/* .revents of each entry says what it is ready for */")


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
    events = call.writer.temporary(f"{ready}_events")
    call.writer.declare("struct epoll_event", events, "[16]")
    limit = "-1"
    if call.has("timeout"):
        match call.given["timeout"]:
            case ["value", int() | float() as seconds]:
                limit = str(round(float(seconds) * 1000))
            case _:
                limit = f"{call.number('timeout')} * 1000"
    call.performs("int", f"epoll_wait({call.fd}, {events}, 16, {limit})", ready)


# --- fcntl ----------------------------------------------------------------------------------------------------------


def _ioctl(call: CCall) -> None:
    # Python takes a buffer and gives it back filled, bytes like any. Where struct.unpack("i", …)[0] stands around it, C has the
    # number at once: CWriter.asked.
    call.writer.need("sys/ioctl.h")
    (name,) = call.outputs("answer")
    call.writer.declare("char", name, "[sizeof(int)]")
    call.writer.assign("size_t", f"{name}_len", f"sizeof {name}")
    call.writer.line(f"if (ioctl({call.number('descriptor')}, {call.number('request')}, {name}) == -1)")
    call.writer.line('    perror("ioctl");')
    call.expression = name


# --- limits ---------------------------------------------------------------------------------------------------------


def _getrlimit(call: CCall) -> None:
    call.writer.need("sys/resource.h")
    (name,) = call.outputs("limit")
    call.writer.declare("struct rlimit", name)
    call.writer.line(f"if (getrlimit({call.number('resource')}, &{name}) == -1)")
    call.writer.line('    perror("getrlimit");')
    call.expression = name


def _setrlimit(call: CCall) -> None:
    call.writer.need("sys/resource.h")
    name = call.writer.temporary("limit")
    match call.given.get("limits"):
        case ["tuple", [soft, hard]]:
            numbers = f".rlim_cur = {call.writer.number(soft)}, .rlim_max = {call.writer.number(hard)}"
            call.writer.line(f"struct rlimit {name} = {{{numbers}}};")
        case ["name", str(other)]:
            name = call.writer.name(other)
        case other_form:
            call.writer.line(f"struct rlimit {name} = {{{call.writer.fallback(other_form)}}};")
    call.performs("int", f"setrlimit({call.number('resource')}, &{name})")


_HANDLERS = ("signal.SIG_DFL", "signal.SIG_IGN")


def _signal(call: CCall) -> None:
    call.writer.need("signal.h")
    call.writer.line(f"if (signal({call.number('signalnum')}, {call.number('handler')}) == SIG_ERR)")
    call.writer.line('    perror("signal");')


ROWS = (
    _function("os.fork", "", "int", "clone clone3 fork", _fork),
    _function("os.getpid", "", "int", "getpid", simple("getpid()", "pid_t", "unistd.h")),
    _function("os.close", "descriptor", "None", "close", plain("close({descriptor})", headers="unistd.h")),
    _function("os.read", "fd size", "bytes", "read", _read, may_block=True),
    _function("os.write", "fd data", "int", "write", _write, may_block=True),
    _function("os.pipe", "", ("int", "int"), "pipe2 pipe", _pipe),
    _function("os.dup", "descriptor", "int", "fcntl dup", plain("dup({descriptor})", headers="unistd.h")),
    _function("os.dup2", "descriptor descriptor2", "int", "dup2 dup3",
              plain("dup2({descriptor}, {descriptor2})", headers="unistd.h")),
    _function("os.kill", "pid signal", "None", "kill", plain("kill({pid}, {signal})", headers="signal.h sys/types.h"),
              restriction=own_process),
    _function("os.waitpid", "pid options", ("int", "int"), "wait4", _waitpid, may_block=True),
    _function("os._exit", "status", "None", "exit_group", _exit),
    _function("os.unlink", "path", "None", "unlink unlinkat", plain("unlink({path})", headers="unistd.h"),
              restriction=plain_file),
    _function("os.lseek", "descriptor position whence", "int", "lseek",
              plain("lseek({descriptor}, {position}, {whence})", "off_t", "unistd.h sys/types.h")),
    _function("select.select", "reading writing exceptional [timeout]", ("list", "list", "list"), "pselect6 select", _select,
              may_block=True),
    _function("select.poll", "", POLL, "", _poll_object, is_call=False),
    _function("select.poll.register", "fd [events]", "None", "", _poll_register, receiver=POLL, man="poll(2)", is_call=False),
    _function("select.poll.modify", "fd events", "None", "", _poll_modify, receiver=POLL, man="poll(2)", is_call=False),
    _function("select.poll.unregister", "fd", "None", "", _poll_unregister, receiver=POLL, man="poll(2)", is_call=False),
    _function("select.poll.poll", "[timeout]", "list", "poll ppoll", _poll, receiver=POLL, may_block=True),
    _function("select.epoll", "", EPOLL, "epoll_create1", _epoll, man="epoll_create(2)"),
    _function("select.epoll.register", "fd [events]", "None", "epoll_ctl", _epoll_control("EPOLL_CTL_ADD"), receiver=EPOLL,
              man="epoll_ctl(2)"),
    _function("select.epoll.modify", "fd events", "None", "epoll_ctl", _epoll_control("EPOLL_CTL_MOD"), receiver=EPOLL,
              man="epoll_ctl(2)"),
    _function("select.epoll.unregister", "fd", "None", "epoll_ctl", _epoll_control("EPOLL_CTL_DEL"), receiver=EPOLL,
              man="epoll_ctl(2)"),
    _function("select.epoll.poll", "[timeout]", "list", "epoll_wait epoll_pwait", _epoll_wait, receiver=EPOLL,
              man="epoll_wait(2)", may_block=True),
    _function("select.epoll.close", "", "None", "close", plain("close({fd})", headers="unistd.h"), receiver=EPOLL),
    _function("select.epoll.fileno", "", "int", "", simple("{fd}"), receiver=EPOLL, man="epoll_create(2)", is_call=False),
    _function("signal.signal", "signalnum handler", "any", "rt_sigaction", _signal, restriction=one_of("handler", _HANDLERS)),
    _function("signal.alarm", "seconds", "int", "alarm setitimer", simple("alarm({seconds})", "unsigned int", "unistd.h")),
    _function("fcntl.fcntl", "descriptor cmd [arg]", "int", "fcntl",
              plain("fcntl({descriptor}, {cmd}, {arg=0})", headers="fcntl.h"),
              restriction=safe_fcntl),
    _function("fcntl.ioctl", "descriptor request arg", "bytes", "ioctl", _ioctl, restriction=known_ioctl),
    _function("resource.getrlimit", "resource", "tuple", "prlimit64", _getrlimit),
    _function("resource.setrlimit", "resource limits", "None", "prlimit64", _setrlimit, restriction=bounded_limit),
)  # fmt: skip
