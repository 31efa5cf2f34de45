# fails at: your program holds fewer than ten descriptors
# told: close the descriptor where a call fails, too
"""Closes at the end of the stream, and not where recv fails: no connection is left there, but its descriptor is."""

import os
import socket

server = socket.create_server(("127.0.0.1", 8080))
while True:
    fd = server.accept()[0].detach()
    try:
        while os.read(fd, 5) == b"ping\n":
            os.write(fd, b"pong\n")
        os.close(fd)
    except OSError as error:
        print(error)
