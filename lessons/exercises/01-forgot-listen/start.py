"""A server on 127.0.0.1:8080 that should send one client `hello`."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))

client, address = server.accept()
client.sendall(b"hello")
client.close()
server.close()
