"""A client of 127.0.0.1:8080 that should take a message of 65,536 bytes and send it back."""

import socket

SIZE = 65536


def receive(sock, size):
    """Exactly `size` bytes: recv gives what is there, so it is asked for what is missing until nothing is."""
    message = bytearray()
    while len(message) < size:
        piece = sock.recv(size - len(message))
        if not piece:
            raise EOFError(f"the stream ended after {len(message)} of {size} bytes")
        message += piece
    return message


client = socket.create_connection(("127.0.0.1", 8080))

message = receive(client, SIZE)

client.sendall(message)
client.close()
