# fails at: sixteen clients, more than there are descriptors left: whoever asks gets an answer
# told: connections in CLOSE-WAIT
"""Closes each socket, but not the file that was made of it, which it keeps: the descriptor stays."""

import socket

server = socket.create_server(("127.0.0.1", 8080))
streams = []
while True:
    client, _address = server.accept()
    stream = client.makefile("rb")
    streams.append(stream)
    try:
        while stream.readline() == b"ping\n":
            client.sendall(b"pong\n")
    except ConnectionError:
        pass
    client.close()
