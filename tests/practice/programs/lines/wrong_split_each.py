# fails at: a line that comes in pieces gets one answer
# told: server had received 1 byte of 4 bytes that client sent by one sendall when it answered
"""Splits each piece, and knows nothing of the one before."""

import socket

with socket.create_server(("127.0.0.1", 8080)) as server:
    client, _ = server.accept()
    with client:
        while piece := client.recv(4096):
            for line in piece.splitlines():
                client.sendall(b"%d\n" % len(line))
