# fails at: the client is let in
# told: bind to 127.0.0.1:8080: that is where
# Listens on this machine, by its other address.

import socket

s = socket.socket(socket.AF_INET6)
s.bind(("::1", 8080))
s.listen()
c, a = s.accept()
c.sendall(b"hello")
c.close()
s.close()
