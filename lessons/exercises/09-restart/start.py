"""A server on 127.0.0.1:8080 that sends one client `hello`, closes, and ends. To be started as often as one likes."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(("127.0.0.1", 8080))
server.listen()

client, address = server.accept()
client.sendall(b"hello")
client.close()
server.close()
