"""How a program of the user's begins: forked by the tracer, traced, and only then under the filter and executed."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import resource
import signal
import struct
from collections.abc import Collection, Mapping, Sequence, Set

from sockviz.lab.confinement import (
    PR_SET_NO_NEW_PRIVS,
    StepRefused,
    default_signals,
    drop_capabilities,
    libc,
    limit_to,
    prctl,
)
from sockviz.lab.seccomp import shut_in
from sockviz.lab.tracer import fence, ptrace
from sockviz.model.limits import MOST_PROCESSES

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import NoReturn

PR_SET_DUMPABLE = 4
#: By the rule ``few-descriptors`` (`sockviz.words.worst_kernel`) so many at a time: CPython and its asyncio begin with seven.
FEW_DESCRIPTORS, _FEW = "few-descriptors", 16
#: What a program says that can be traced from now on.
_READY = b"r"
#: Processes of a lab's own, at most: the first one, tracers, the link.
_OF_THE_LAB = 8


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: str,
    streams: Sequence[int],
    selection: bytes | None,
    *,
    keep: Set[int] | None,
    kernel: Collection[str] = (),
    fenced: bool = False,
) -> tuple[int, int]:
    """Starts a program with `streams` for its standard ones, traced at the calls of a `selection`; of its capabilities it has
    those in `keep` alone, where that is not None. `kernel` has the rules by which it is treated; a ``fenced`` one is kept to
    itself (`sockviz.lab.tracer.fence`). Returns its pid, and a descriptor that tells the errno where it could not be executed.
    Raises OSError."""
    pipes: list[int] = []
    try:
        for _ in range(2):
            pipes += os.pipe()
        pid = os.fork()
    except OSError:  # EMFILE, ENFILE; EAGAIN, ENOMEM: no further process
        for fd in pipes:
            os.close(fd)
        raise
    waiting, going, failure, telling = pipes
    if pid == 0:
        try:
            os.close(going)
            _become(
                command, environment, directory, streams, selection, waiting, telling, keep, kernel, fenced
            )
        except OSError as error:
            os.write(telling, struct.pack("i", error.errno or 0))
        except StepRefused as refusal:
            os.write(telling, struct.pack("i", refusal.args[1]))
        finally:
            os._exit(127)
    os.close(waiting)
    os.close(telling)
    try:
        said = os.read(failure, 4)  # once it can be looked into, or why not; end-of-file where it has ended
        if said != _READY:
            number = struct.unpack("i", said)[0] if len(said) == 4 else errno.ESRCH
            raise OSError(number, os.strerror(number))
        os.set_blocking(failure, False)
        if selection is not None:
            ptrace.seize(pid)
        os.write(going, b"g")
    except OSError:
        os.close(failure)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        os.close(going)
    return pid, failure


def _become(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: str,
    streams: Sequence[int],
    selection: bytes | None,
    waiting: int,
    telling: int,
    keep: Set[int] | None,
    kernel: Collection[str],
    fenced: bool,
) -> NoReturn:
    """In the child. Raises OSError."""
    signal.set_wakeup_fd(-1)
    default_signals()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python's own: a program has its default
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    # The tracer may not be looked into; its programs have to be.
    libc.prctl(PR_SET_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0)
    if keep is not None:
        drop_capabilities(keep)
    else:
        prctl(PR_SET_NO_NEW_PRIVS, 1)  # without it no ordinary user may install a filter
    os.write(telling, _READY)
    # Until it is traced: at what the filter selects a process without a tracer gets ENOSYS.
    if not os.read(waiting, 1):
        os._exit(127)
    for place, fd in enumerate(streams):
        os.dup2(fd, place)
    os.closerange(3, telling)
    os.closerange(telling + 1, 4096)
    os.chdir(directory)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if FEW_DESCRIPTORS in kernel:
        limit_to(resource.RLIMIT_NOFILE, most=_FEW)
    if fenced:
        fence.put_up()
    if selection is not None:
        shut_in(selection)
    elif is_since(5, 14):
        # Nobody counts what it forks: the kernel does, of any user but root, since then within the user namespace.
        limit_to(resource.RLIMIT_NPROC, most=MOST_PROCESSES + _OF_THE_LAB)
    _execute(command, environment)


def is_since(*version: int) -> bool:
    """Whether the kernel is of that version, or newer."""
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= version


def _execute(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Executes a command as a shell does: looked for in PATH, and by /bin/sh where it is a script that names no interpreter.
    Raises OSError."""
    try:
        os.execvpe(command[0], list(command), dict(environment))
    except ValueError:  # a NUL, or a variable without a name, which no other program could have handed over
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    path = next(path for path in _places(command[0], environment) if os.access(path, os.X_OK))
    with open(path, "rb") as file:
        if b"\0" in file.read(128).partition(b"\n")[0]:
            raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC))  # another machine's
    os.execve("/bin/sh", ["/bin/sh", path, *command[1:]], dict(environment))


def _places(name: str, environment: Mapping[str, str]) -> Sequence[str]:
    """Where a command may be."""
    return (
        [name] if "/" in name else [os.path.join(each, name) for each in os.get_exec_path(dict(environment))]
    )
