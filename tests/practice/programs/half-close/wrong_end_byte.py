# fails at: it says that it has sent all: a FIN comes
# told: has called neither shutdown nor close for descriptor 3
# Says it by a byte, as a terminal does.

import socket

c = socket.create_connection(("127.0.0.1", 8080))
c.sendall(b"pear\napple\nfig\n\x04")
while d := c.recv(100):
    print(d.decode(), end="")
c.close()
