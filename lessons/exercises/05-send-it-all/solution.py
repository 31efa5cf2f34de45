"""A client of 127.0.0.1:8080 that should send a line of 64 bytes 1,024 times."""

import socket

LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"
message = LINE * 1024

client = socket.create_connection(("127.0.0.1", 8080))

# What sendall(message) does: send says how many bytes it took, and is given the rest.
left = memoryview(message)
while left:
    left = left[client.send(left) :]

client.close()
