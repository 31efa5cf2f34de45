"""What Python has for it: create_connection asks getaddrinfo, and tries each."""

import socket

with socket.create_connection((None, 8080)) as s, s.makefile("rwb") as file:
    file.write(b"hello")
    file.flush()
    file.read()
