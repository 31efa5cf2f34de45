"""A client that asks 127.0.0.1:8080 where to go, and should say `hello` there."""

import socket
import struct

directory = socket.create_connection(("127.0.0.1", 8080))
place = directory.recv(6, socket.MSG_WAITALL)
directory.close()
if len(place) < 6:
    raise EOFError(f"the stream ended after {len(place)} of 6 bytes")

# `!` is the network's order. The address stays as it is: inet_ntoa takes its four bytes. The port becomes a number, which
# connect turns into the network's order again by itself.
address, port = struct.unpack("!4sH", place)

client = socket.create_connection((socket.inet_ntoa(address), port))
client.sendall(b"hello")
client.close()
