# fails at: bob gets his bytes back, though ann came before him and is silent
# told: wait in poll, select or epoll until one is ready
# Asks each again and again, and never sleeps.

import socket

s = socket.create_server(("127.0.0.1", 8080))
s.setblocking(False)
cs = []
while True:
    try:
        c, a = s.accept()
        c.setblocking(False)
        cs.append(c)
    except BlockingIOError:
        pass
    for c in cs[:]:
        try:
            d = c.recv(100)
        except BlockingIOError:
            continue
        except ConnectionError:
            d = b""
        if d:
            c.sendall(d)
        else:
            c.close()
            cs.remove(c)
