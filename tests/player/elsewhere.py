"""Runs sockviz as on a system that is not Linux: it is told another name, and what only Linux has is not there.

python elsewhere.py ARGUMENTS…
"""

from __future__ import annotations

import asyncio  # noqa: F401  # chooses its event loop by the system's real name
import os
import select
import signal
import socket
import sys

ONLY_LINUX = {
    os: ("unshare", "setns", "pidfd_open", "getxattr", "memfd_create", "eventfd", "sched_getaffinity"),
    select: ("epoll",),
    signal: ("pidfd_send_signal",),
    socket: ("AF_PACKET", "AF_NETLINK", "CMSG_SPACE", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "MSG_CMSG_CLOEXEC"),
}

if __name__ == "__main__":
    for module, names in ONLY_LINUX.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "moonos"
    from sockviz.cli import main

    sys.exit(main(sys.argv[1:]))
