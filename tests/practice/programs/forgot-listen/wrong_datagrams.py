# fails at: the client is let in
# told: make it a socket of SOCK_STREAM
# Listens for what nobody has to be let in for.

import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 8080))
s.listen()
c, a = s.accept()
c.sendall(b"hello")
c.close()
s.close()
