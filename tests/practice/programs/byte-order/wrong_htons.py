# fails at: then to the address and port of the six bytes
# told: 37151 is the same two bytes the other way round
"""Reads the number as it should, and turns what Python turns by itself."""

import socket
import struct

s = socket.create_connection(("127.0.0.1", 8080))
address, port = struct.unpack("!4sH", s.recv(6))
t = socket.socket()
t.connect((socket.inet_ntoa(address), socket.htons(port)))
t.sendall(b"hello")
