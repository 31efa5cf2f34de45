"""The process that the probes look at: makes a socket, hangs on the lifeline, says so, and falls asleep in recv.

Standard library only; run as ``python -I -S child.py CONTROL_FD LIFELINE_FD``.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys

F_SETSIG = 10


def main() -> None:
    """See the module's docstring."""
    control = socket.socket(fileno=int(sys.argv[1]))
    lifeline = int(sys.argv[2])
    unbound = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM
    )  # in no table of the kernel: only its fd tells
    number = 0
    try:
        # As in init.py: when the pipe's last writer goes, the kernel kills this process group.
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    except OSError as error:
        number = error.errno or -1
    control.sendall(json.dumps({"fd": unbound.fileno(), "lifeline": number}).encode())
    control.recv(1)


if __name__ == "__main__":
    main()
