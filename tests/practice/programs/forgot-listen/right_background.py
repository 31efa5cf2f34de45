"""Serves its one client in the background, and comes to its end there."""

import os
import socket

with socket.create_server(("127.0.0.1", 8080)) as listener:
    if os.fork():
        os._exit(0)
    client, _ = listener.accept()
    with client:
        client.send(b"hello")
