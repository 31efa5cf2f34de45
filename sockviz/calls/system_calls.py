"""The table's rows for os, select, signal, fcntl and resource."""

from __future__ import annotations

from sockviz.calls.restrictions import (
    bounded_limit,
    known_ioctl,
    one_of,
    own_process,
    plain_file,
    safe_fcntl,
)
from sockviz.calls.rows import Row
from sockviz.calls.signature import Restriction, ValueKind, parameters

POLL, EPOLL = "select.poll", "select.epoll"
_HANDLERS = ("signal.SIG_DFL", "signal.SIG_IGN")


def _function(
    key: str,
    takes: str,
    returns: ValueKind | tuple[ValueKind, ...],
    system_calls: str,
    *,
    man: str = "",
    receiver: ValueKind | None = None,
    may_block: bool = False,
    is_call: bool = True,
    restriction: Restriction | None = None,
) -> Row:
    return Row(
        key, receiver, returns, parameters(takes), tuple(system_calls.split()), man or f"{key.rpartition('.')[2]}(2)",
        may_block=may_block, is_call=is_call, restriction=restriction,
    )  # fmt: skip


ROWS = (
    _function("os.fork", "", "int", "clone clone3 fork"),
    _function("os.getpid", "", "int", "getpid"),
    _function("os.close", "descriptor", "None", "close"),
    _function("os.read", "fd size", "bytes", "read", may_block=True),
    _function("os.write", "fd data", "int", "write", may_block=True),
    _function("os.pipe", "", ("int", "int"), "pipe2 pipe"),
    _function("os.dup", "descriptor", "int", "fcntl dup"),
    _function("os.dup2", "descriptor descriptor2", "int", "dup2 dup3"),
    _function("os.kill", "pid signal", "None", "kill", restriction=own_process),
    _function("os.waitpid", "pid options", ("int", "int"), "wait4", may_block=True),
    _function("os._exit", "status", "None", "exit_group"),
    _function("os.unlink", "path", "None", "unlink unlinkat", restriction=plain_file),
    _function("os.lseek", "descriptor position whence", "int", "lseek"),
    _function("select.select", "reading writing exceptional [timeout]", ("list", "list", "list"), "pselect6 select",
              may_block=True),
    _function("select.poll", "", POLL, "", is_call=False),
    _function("select.poll.register", "fd [events]", "None", "", receiver=POLL, man="poll(2)", is_call=False),
    _function("select.poll.modify", "fd events", "None", "", receiver=POLL, man="poll(2)", is_call=False),
    _function("select.poll.unregister", "fd", "None", "", receiver=POLL, man="poll(2)", is_call=False),
    _function("select.poll.poll", "[timeout]", "list", "poll ppoll", receiver=POLL, may_block=True),
    _function("select.epoll", "", EPOLL, "epoll_create1", man="epoll_create(2)"),
    _function("select.epoll.register", "fd [events]", "None", "epoll_ctl", receiver=EPOLL, man="epoll_ctl(2)"),
    _function("select.epoll.modify", "fd events", "None", "epoll_ctl", receiver=EPOLL, man="epoll_ctl(2)"),
    _function("select.epoll.unregister", "fd", "None", "epoll_ctl", receiver=EPOLL, man="epoll_ctl(2)"),
    _function("select.epoll.poll", "[timeout]", "list", "epoll_wait epoll_pwait", receiver=EPOLL,
              man="epoll_wait(2)", may_block=True),
    _function("select.epoll.close", "", "None", "close", receiver=EPOLL),
    _function("select.epoll.fileno", "", "int", "", receiver=EPOLL, man="epoll_create(2)", is_call=False),
    _function("signal.signal", "signalnum handler", "any", "rt_sigaction", restriction=one_of("handler", _HANDLERS)),
    _function("signal.alarm", "seconds", "int", "alarm setitimer"),
    _function("fcntl.fcntl", "descriptor cmd [arg]", "int", "fcntl", restriction=safe_fcntl),
    _function("fcntl.ioctl", "descriptor request arg", "bytes", "ioctl", restriction=known_ioctl),
    _function("resource.getrlimit", "resource", "tuple", "prlimit64"),
    _function("resource.setrlimit", "resource limits", "None", "prlimit64", restriction=bounded_limit),
)  # fmt: skip
