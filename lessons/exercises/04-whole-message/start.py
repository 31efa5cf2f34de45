"""A client of 127.0.0.1:8080 that should take a message of 65,536 bytes and send it back."""

import socket

SIZE = 65536

client = socket.create_connection(("127.0.0.1", 8080))

message = client.recv(SIZE)

client.sendall(message)
client.close()
