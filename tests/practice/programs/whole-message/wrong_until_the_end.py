# fails at: all 65,536 bytes come back
# told: sleep in recv at the two ends of one connection
"""Waits for the end of a stream that the server keeps open."""

import socket

with socket.create_connection(("127.0.0.1", 8080)) as s, s.makefile("rb") as file:
    s.sendall(file.read())
