# fails at: your program connects to 127.0.0.1:8080
# told: client has called connect 2 times for 127.0.0.1:8080
# Closes to say that it is done, and comes again for the answer.

import socket

c = socket.create_connection(("127.0.0.1", 8080))
c.sendall(b"pear\napple\nfig\n")
c.close()
c = socket.create_connection(("127.0.0.1", 8080))
while d := c.recv(100):
    print(d.decode(), end="")
c.close()
