"""A server on 127.0.0.1:8080 that should answer each line of its client with how many bytes it has."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))
server.listen()
client, address = server.accept()

while True:
    line = client.recv(4096)
    if not line:
        break
    length = len(line.rstrip(b"\n"))
    client.sendall(b"%d\n" % length)

client.close()
server.close()
