# fails at: then the end of the stream
# told: SO_LINGER was set to 0 seconds
"""Has no TIME-WAIT stand, by breaking the connection off."""

import socket
import struct

s = socket.socket()
s.bind(("127.0.0.1", 8080))
s.listen()
conn, _peer = s.accept()
conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
conn.sendall(b"hello")
conn.close()
