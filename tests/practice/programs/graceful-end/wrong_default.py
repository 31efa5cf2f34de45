# fails at: with no client there, it ends on SIGTERM with exit status 0
# told: SIGTERM ends a program that has said nothing else
"""SIGTERM does with it what it does with every program that says nothing else."""

import socket

with socket.create_server(("127.0.0.1", 8080)) as server:
    while True:
        client, _address = server.accept()
        if client.recv(5) == b"ping\n":
            client.sendall(b"pong\n")
        client.close()
