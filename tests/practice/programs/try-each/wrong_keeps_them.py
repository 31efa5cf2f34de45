# fails at: it has one TCP socket: what was refused is closed
# told: is still open, though connect(3, [::1]:8080)
"""Tries each, and keeps the sockets that were refused."""

import socket
import sys

tried = []
for family, kind, protocol, _, address in socket.getaddrinfo(None, 8080, type=socket.SOCK_STREAM):
    tried.append(socket.socket(family, kind, protocol))
    if tried[-1].connect_ex(address) == 0:
        break
else:
    sys.exit(1)
tried[-1].sendall(b"hello")
while tried[-1].recv(100):
    pass
