# fails at: your program ends by itself, with exit status 0
# told: let it end with exit status 0 there: sys.exit(0) in Python
"""A thread serves the client, and the number of bytes that it sent becomes the exit status."""

import socket
import sys
import threading

sent = []


def serve(server: socket.socket) -> None:
    client, _ = server.accept()
    with client:
        sent.append(client.send(b"hello"))


with socket.create_server(("127.0.0.1", 8080)) as listener:
    thread = threading.Thread(target=serve, args=(listener,))
    thread.start()
    thread.join()
sys.exit(sent[0])
