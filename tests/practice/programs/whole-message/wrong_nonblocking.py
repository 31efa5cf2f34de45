# fails at: all 65,536 bytes come back
# told: failed with EAGAIN, as nothing more was there yet, and that was taken for the end: wait until there is something
"""Takes what is there at once for all."""

import socket

s = socket.create_connection(("127.0.0.1", 8080))
s.setblocking(False)
data = b""
try:
    while len(data) < 65536:
        data += s.recv(4096)
except BlockingIOError:
    pass
s.setblocking(True)
s.sendall(data)
s.close()
