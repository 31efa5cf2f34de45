"""A process for each client: the child closes the listener, the parent its copy of the client's socket."""

import os
import signal
import socket

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", 8080))
while True:
    client, _address = server.accept()
    if os.fork() == 0:
        server.close()
        try:
            while client.recv(5, socket.MSG_WAITALL) == b"ping\n":
                client.send(b"pong\n")
        except ConnectionResetError:
            pass
        os._exit(0)
    client.close()
