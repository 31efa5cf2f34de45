"""A client of 127.0.0.1:8080, which sorts lines: sends them, and should print the sorted ones."""

import socket

client = socket.create_connection(("127.0.0.1", 8080))

client.sendall(b"pear\napple\nfig\n")

answer = client.recv(1024)
print(answer.decode(), end="")

client.close()
