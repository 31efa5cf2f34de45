# fails at: all 65,536 bytes come back
# told: is expected at that place: see what makes the bytes of that call
"""Takes lines, and leaves their newlines out."""

import socket

s = socket.create_connection(("127.0.0.1", 8080))
f = s.makefile("rb")
data = b"".join(f.readline().rstrip() for _ in range(1024))
s.sendall(data)
s.close()
