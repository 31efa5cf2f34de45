"""Waits, with all imported that a lab's first process imports, and makes such a process for each request.

Run as ``python -I -S warm_init.py CHANNEL …`` by warm.py. A request is a datagram of JSON, the arguments of init.py, and beside
it the descriptors that they name; the answer is the new process's pid. It is a sibling (CLONE_PARENT): who started this one waits
for it, and it dies with them, as with a first process that they start themselves. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import sys
from typing import NoReturn

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from sockviz.lab import child, cradle, init, wire

CLONE_PARENT = 0x8000
#: The system call's number by `uname -m` (asm/unistd_64.h, asm-generic/unistd.h).
CLONE = {"x86_64": 56, "aarch64": 220}
#: Which arguments of init.py are descriptors: of its control channel, and of the wire's.
DESCRIPTORS = (1, 4)
FILE = os.path.join(os.path.dirname(os.path.abspath(init.__file__)), "entry", "init.py")


def main() -> None:
    """See the module's docstring."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    # Without letting go of the interpreter's lock, as os.fork does it.
    python, libc = ctypes.pythonapi, ctypes.PyDLL(None)
    gc.collect()
    gc.freeze()
    while True:
        request, fds, _flags, _address = socket.recv_fds(channel, 1 << 16, len(DESCRIPTORS))
        if not request:
            return
        python.PyOS_BeforeFork()
        pid = libc.syscall(CLONE[os.uname().machine], CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            python.PyOS_AfterFork_Child()
            become(json.loads(request), fds, channel)
        python.PyOS_AfterFork_Parent()
        for fd in fds:
            os.close(fd)
        channel.send(str(pid).encode())


def become(arguments: list[str], fds: list[int], channel: socket.socket) -> NoReturn:
    """In the new process: init.py, with `arguments`."""
    try:
        channel.close()
        os.setsid()
        for place, fd in zip(DESCRIPTORS, fds, strict=False):
            arguments[place] = str(fd)
        sys.argv = [FILE, *arguments]
        cradle.show_as([sys.executable, "-I", "-S", *sys.argv])
        init.main()
    finally:
        os._exit(0)


if __name__ == "__main__":
    assert child
    assert wire  # they are imported for those to come
    with contextlib.suppress(KeyboardInterrupt):
        main()
