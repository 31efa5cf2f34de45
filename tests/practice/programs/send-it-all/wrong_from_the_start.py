# fails at: all 65,536 bytes arrive, in order
# told: sends again what the one before began with, which took 1 of 65,536 bytes
"""Sends until as many bytes were taken as there are, and begins at the first one each time."""

import socket

message = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n" * 1024

with socket.create_connection(("127.0.0.1", 8080)) as s:
    taken = 0
    while taken < len(message):
        taken += s.send(message[: len(message) - taken])
