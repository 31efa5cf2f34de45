# fails at: at the client's end the connection is closed, without one more answer
# told: had said that the stream is over (0 bytes)
"""Iterates over a file, which gives what stands behind the last newline as one line more."""

import socket

with socket.create_server(("127.0.0.1", 8080)) as server:
    client, _ = server.accept()
    with client, client.makefile("rb") as file:
        for line in file:
            client.sendall(b"%d\n" % len(line.rstrip(b"\n")))
