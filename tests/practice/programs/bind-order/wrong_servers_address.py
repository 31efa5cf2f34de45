# fails at: your program connects to 127.0.0.1:8080
# told: bind is for the own end: to reach that listener, connect
"""Binds in time, to where it wants to go."""

import socket

s = socket.socket()
s.bind(("127.0.0.1", 8080))
s.connect(("127.0.0.1", 8080))
s.sendall(b"hello")
