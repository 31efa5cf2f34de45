"""A server on 127.0.0.1:8080 that should send its clients back what they send."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))
server.listen()

while True:
    client, address = server.accept()
    data = client.recv(1024)
    client.sendall(data)
