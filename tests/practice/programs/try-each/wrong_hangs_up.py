# fails at: the first address refuses; the client is let in at the second
# told: close only when recv has returned 0 bytes
# Does not wait for an answer.

import socket
import sys

for f, t, p, _, a in socket.getaddrinfo(None, 8080, type=socket.SOCK_STREAM):
    s = socket.socket(f, t, p)
    try:
        s.connect(a)
    except OSError:
        s.close()
        continue
    s.sendall(b"hello")
    s.close()
    break
else:
    sys.exit(1)
