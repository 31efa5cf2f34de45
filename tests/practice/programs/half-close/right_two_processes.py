"""A child says all, and that it has; the parent listens."""

import os
import socket

s = socket.create_connection(("127.0.0.1", 8080))
if os.fork() == 0:
    s.sendall(b"pear\napple\nfig\n")
    s.shutdown(socket.SHUT_WR)
    os._exit(0)
os.wait()
while some := os.read(s.fileno(), 3):
    os.write(1, some)
