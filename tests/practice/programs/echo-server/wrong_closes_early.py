# fails at: its five bytes come back
# told: close only when recv has returned 0 bytes
# Takes a short recv for the end.

import socket

s = socket.create_server(("127.0.0.1", 8080))
while True:
    c, a = s.accept()
    d = b""
    while True:
        p = c.recv(1024)
        d += p
        if len(p) < 1024:
            break
    c.sendall(d)
    c.close()
