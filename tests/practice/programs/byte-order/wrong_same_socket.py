# fails at: then to the address and port of the six bytes
# told: each connection takes a socket of its own
# Goes on by the socket that it has.

import socket
import struct

d = socket.create_connection(("127.0.0.1", 8080))
p = d.recv(6)
a, q = struct.unpack("!4sH", p)
d.connect((socket.inet_ntoa(a), q))
d.sendall(b"hello")
d.close()
