# Sends each piece back as it comes, and counts.

import socket

client = socket.create_connection(("127.0.0.1", 8080))
missing = 65536
while missing:
    piece = client.recv(missing)
    if not piece:
        raise SystemExit("the server has gone")
    client.sendall(piece)
    missing -= len(piece)
client.close()
