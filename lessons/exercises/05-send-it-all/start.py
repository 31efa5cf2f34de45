"""A client of 127.0.0.1:8080 that should send a line of 64 bytes 1,024 times."""

import socket

LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"
message = LINE * 1024

client = socket.create_connection(("127.0.0.1", 8080))

client.send(message)

client.close()
