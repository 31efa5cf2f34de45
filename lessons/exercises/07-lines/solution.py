"""A server on 127.0.0.1:8080 that should answer each line of its client with how many bytes it has."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))
server.listen()
client, address = server.accept()

begun = b""  # what has come, and is no line yet
while True:
    piece = client.recv(4096)
    if not piece:
        break
    begun += piece
    while b"\n" in begun:
        line, begun = begun.split(b"\n", 1)
        client.sendall(b"%d\n" % len(line))

client.close()
server.close()
