# fails at: your program connects to 127.0.0.1:8080
# told: listens: it cannot call out too
# Thinks that bind wants a listen.

import socket

c = socket.socket()
c.bind(("127.0.0.2", 5000))
c.listen()
c.connect(("127.0.0.1", 8080))
c.sendall(b"hello")
c.close()
