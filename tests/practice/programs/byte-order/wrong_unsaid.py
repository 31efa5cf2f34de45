# fails at: the five bytes arrive there
# told: b'hello' is expected at that place
"""Goes to the right place, and says the bytes of the place there."""

import socket
import struct

s = socket.create_connection(("127.0.0.1", 8080))
place = s.recv(6)
address, port = struct.unpack("!4sH", place)
socket.create_connection((socket.inet_ntoa(address), port)).sendall(place)
