# fails at: a line that comes in pieces gets one answer
"""Splits each piece, and knows nothing of the one before."""

import socket

with socket.create_server(("127.0.0.1", 8080)) as server:
    client, _ = server.accept()
    with client:
        while piece := client.recv(4096):
            for line in piece.splitlines():
                client.sendall(b"%d\n" % len(line))
