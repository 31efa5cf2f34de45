"""A client of 127.0.0.1:8080 that should come from 127.0.0.2:5000 and say `hello`."""

import socket

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

client.connect(("127.0.0.1", 8080))
client.bind(("127.0.0.1", 8080))

client.sendall(b"hello")
client.close()
