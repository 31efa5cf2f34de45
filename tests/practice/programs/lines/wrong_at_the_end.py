# fails at: a line that comes in pieces gets one answer
# told: server has received 4 bytes and asks for more, perhaps to the end, while client waits
"""Reads all of it first: the client waits for an answer, and does not end."""

import socket

with socket.create_server(("127.0.0.1", 8080)) as server:
    client, _ = server.accept()
    with client:
        all_of_it = b""
        while piece := client.recv(65536):
            all_of_it += piece
        for line in all_of_it.split(b"\n")[:-1]:
            client.sendall(b"%d\n" % len(line))
