# fails at: four clients: whoever asks gets an answer
# told: not allowed to raise maximum limit
# Wants more of what it wastes.

import resource
import socket

resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
s = socket.create_server(("127.0.0.1", 8080))
clients = []
while True:
    c, a = s.accept()
    clients.append(c)
    try:
        while c.recv(5) == b"ping\n":
            c.sendall(b"pong\n")
    except ConnectionError:
        pass
