# fails at: your program ends by itself, with exit status 0
# told: close a socket last
"""close says that all is sent, too, and that nobody listens."""

import socket

s = socket.create_connection(("127.0.0.1", 8080))
s.sendall(b"pear\napple\nfig\n")
s.close()
print(s.recv(1024).decode(), end="")
