# fails at: as it was sent, byte for byte
# told: sent b'\r0123456789\r0123'… instead
"""Text, where bytes were meant: a newline is put where one was, and each piece gets one of its own length."""

import socket

server = socket.create_server(("127.0.0.1", 8080))
while True:
    client, _ = server.accept()
    with client:
        while data := client.recv(4096):
            client.sendall(data.replace(b"\n", b"\r"))
