# fails at: it has received the answer to its end: no RST was sent
# told: came before all had been received: that was answered by RST
"""Takes the first piece for the answer."""

import socket

s = socket.create_connection(("127.0.0.1", 8080))
s.sendall(b"pear\napple\nfig\n")
s.shutdown(socket.SHUT_WR)
print(s.recv(1024).decode(), end="")
s.close()
