"""A client of port 8080 of this machine, at whichever of its addresses somebody listens."""

import socket

found = socket.getaddrinfo(None, 8080, type=socket.SOCK_STREAM)
family, kind, protocol, _, address = found[0]

client = socket.socket(family, kind, protocol)
client.connect(address)

client.sendall(b"hello")
while piece := client.recv(1024):
    print(piece.decode())
client.close()
