"""A server on 127.0.0.1:8080 that answers `ping` with `pong`, one client after another, until it gets SIGTERM."""

import signal
import socket
import sys


def stop(number, frame):
    sys.exit(0)


def serve(client):
    with client:
        if client.recv(5) == b"ping\n":
            client.sendall(b"pong\n")


signal.signal(signal.SIGTERM, stop)
server = socket.create_server(("127.0.0.1", 8080))

while True:
    client, address = server.accept()
    serve(client)
