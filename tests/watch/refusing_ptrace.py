"""Runs a command in which ptrace is refused, as in a container whose profile forbids it: python refusing_ptrace.py COMMAND…"""

from __future__ import annotations

import errno
import os
import struct
import sys

from sockviz.lab.seccomp import ALLOW, ERRNO, MACHINES, shut_in

#: ptrace's number, on x86-64 and on machines with the generic ones.
NUMBERS = (101, 117)

if __name__ == "__main__":
    number = NUMBERS[MACHINES[os.uname().machine][1]]
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, ERRNO | errno.EPERM), (0x06, 0, 0, ALLOW)]
    shut_in(b"".join(struct.pack("<HBBI", *instruction) for instruction in code))
    os.execvp(sys.argv[1], sys.argv[1:])
