# fails at: where somebody listens at the first address, it is let in there
# told: try each, with a new socket, until one lets you in, here [::1]:8080
"""Has noticed that the first one refuses, and takes the last one."""

import socket

family, kind, protocol, _, address = socket.getaddrinfo(None, 8080, type=socket.SOCK_STREAM)[-1]
with socket.socket(family, kind, protocol) as s:
    s.connect(address)
    s.sendall(b"hello")
    while s.recv(100):
        pass
