# fails at: with no client there, it ends on SIGTERM with exit status 0
# told: after its handler idle sleeps in accept4
"""The handler notes it, and accept goes on sleeping: nobody reads the note."""

import signal
import socket

stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
with socket.create_server(("127.0.0.1", 8080)) as server:
    while not stopping:
        client, _address = server.accept()
        with client:
            if client.recv(5) == b"ping\n":
                client.sendall(b"pong\n")
