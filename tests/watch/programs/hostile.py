"""Makes calls whose arguments are nonsense, as a broken program does: pointers to nowhere, lengths below zero and beyond all.

Its own stack and code are never pointed at: python hostile.py SEED COUNT NUMBERS…
"""

import ctypes
import mmap
import os
import random
import signal
import socket
import sys

chance, count, numbers = (
    random.Random(int(sys.argv[1])),
    int(sys.argv[2]),
    [int(word) for word in sys.argv[3:]],
)
libc = ctypes.CDLL(None)
room = mmap.mmap(-1, 2 * mmap.PAGESIZE)
at = ctypes.addressof(ctypes.c_char.from_buffer(room))
libc.mprotect(ctypes.c_void_p(at + mmap.PAGESIZE), mmap.PAGESIZE, 0)
sockets = [*socket.socketpair(), socket.socket(), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)]
fds = [*(each.fileno() for each in sockets), -1, 99, 1 << 31, (1 << 32) + 3]
pointers = [0, 8, at, at + 64, at + mmap.PAGESIZE - 5, at + mmap.PAGESIZE, (1 << 64) - 1, 1 << 63]
sizes = [0, 1, 4, 16, 64, 1024, 4097, -1, 1 << 31, (1 << 63) + 1, 1 << 40]
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)  # nothing sleeps for long
libc.syscall.argtypes = [ctypes.c_long, *[ctypes.c_uint64] * 6]
for _ in range(count):
    for place in range(0, mmap.PAGESIZE, 8):
        room[place : place + 8] = (chance.choice([*pointers, *sizes]) & (1 << 64) - 1).to_bytes(8, "little")
        if place > 512:
            break
    rest = [chance.choice([*pointers, *sizes, *fds]) & (1 << 64) - 1 for _ in range(5)]
    libc.syscall(chance.choice(numbers), chance.choice(fds) & (1 << 64) - 1, *rest)
os._exit(0)
