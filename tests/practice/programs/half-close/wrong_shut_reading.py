# fails at: it has received the answer to its end: no RST was sent
# told: end the sending instead (SHUT_WR)
# Ends the wrong direction.

import socket

c = socket.create_connection(("127.0.0.1", 8080))
c.sendall(b"pear\napple\nfig\n")
c.shutdown(socket.SHUT_RD)
while d := c.recv(100):
    print(d.decode(), end="")
c.close()
