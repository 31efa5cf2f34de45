# fails at: your program ends by itself, with exit status 0
# told: server has ended, but server_3, which it has forked, sleeps in
"""A daemon by the book: it forks twice, in a session of its own, and the parent ends with 0. What listens goes on without end."""

import os
import socket

with socket.create_server(("127.0.0.1", 8080)) as listener:
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    while True:
        client, _ = listener.accept()
        with client:
            client.send(b"hello")
