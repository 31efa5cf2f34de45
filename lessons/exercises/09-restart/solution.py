"""A server on 127.0.0.1:8080 that sends one client `hello`, closes, and ends. To be started as often as one likes."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
# A connection of the last run, in TIME-WAIT, is to keep nobody from binding. Before bind: that is who asks for it.
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))
server.listen()

client, address = server.accept()
client.sendall(b"hello")
client.close()
server.close()
