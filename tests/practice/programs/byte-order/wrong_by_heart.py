# fails at: run again, it goes where the six bytes say that come then
# told: again has not called connect for 127.0.1.3:8220
"""Knows by heart where the six bytes lead."""

import socket

with socket.create_connection(("127.0.0.1", 8080)) as directory:
    while directory.recv(6):
        pass
with socket.create_connection(("127.0.0.2", 8081)) as place:
    place.sendall(b"hello")
