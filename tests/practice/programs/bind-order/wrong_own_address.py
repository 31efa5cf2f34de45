# fails at: it comes from 127.0.0.2, port 5000
# told: bind(3, 0.0.0.0:5000) (wrong_own_address.py:8) leaves the address to the kernel
"""Binds in time, to the port only: the address is left to the kernel, which takes 127.0.0.1."""

import socket

s = socket.socket()
s.bind(("", 5000))
s.connect(("127.0.0.1", 8080))
s.sendall(b"hello")
s.close()
