"""Lets a buffered file find the lines; readline gives what is left at the end, too, which has no newline."""

import socket

with socket.create_server(("127.0.0.1", 8080)) as server:
    client, _ = server.accept()
    with client, client.makefile("rwb") as file:
        while (line := file.readline()).endswith(b"\n"):
            file.write(f"{len(line) - 1}\n".encode())
            file.flush()
