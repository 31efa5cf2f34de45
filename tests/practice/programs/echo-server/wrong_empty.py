# fails at: after a client that said nothing the next one is served
# told: the last that it did was recv(4, 4096) (wrong_empty.py:11) → b'': go on listening
"""Its first recv must bring something, or it gives up."""

import socket
import sys

server = socket.create_server(("127.0.0.1", 8080))
while True:
    client, _ = server.accept()
    data = client.recv(4096)
    if not data:
        sys.exit("nothing came")
    while data:
        client.sendall(data)
        data = client.recv(4096)
    client.close()
