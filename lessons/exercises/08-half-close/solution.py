"""A client of 127.0.0.1:8080, which sorts lines: sends them, and should print the sorted ones."""

import socket

client = socket.create_connection(("127.0.0.1", 8080))

client.sendall(b"pear\napple\nfig\n")
client.shutdown(
    socket.SHUT_WR
)  # all is said: the server receives the end of the stream, and the answer can still come

while data := client.recv(1024):
    print(data.decode("ascii"), end="")

client.close()
