"""A server on 127.0.0.1:8080 that sends its clients back what they send."""

import socket

server = socket.create_server(("127.0.0.1", 8080))

while True:
    client, address = server.accept()
    while data := client.recv(100):
        client.sendall(data)
    client.close()
