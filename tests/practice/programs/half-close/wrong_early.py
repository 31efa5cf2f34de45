# fails at: all three lines came before that, and nothing else
# told: call shutdown only once all has been sent
"""Ends its direction before all is said, and goes on as if it were not."""

import contextlib
import socket

s = socket.create_connection(("127.0.0.1", 8080))
s.sendall(b"pear\n")
s.shutdown(socket.SHUT_WR)
for line in (b"apple\n", b"fig\n"):
    with contextlib.suppress(BrokenPipeError):
        s.sendall(line)
while s.recv(100):
    pass
