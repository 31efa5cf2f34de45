# fails at: when it has sent all, your program closes the connection
# told: leave the loop when recv returns 0 bytes
"""A loop that does not look for the end: recv gives no bytes, at once, for ever."""

import socket

server = socket.create_server(("127.0.0.1", 8080))
while True:
    client, _ = server.accept()
    while True:
        client.sendall(client.recv(1024))
