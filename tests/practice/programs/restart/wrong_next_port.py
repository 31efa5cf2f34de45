# fails at: started again, it listens on port 8080, though TIME-WAIT stands
# told: set SO_REUSEADDR before bind, in every run
"""Where the port is taken it takes the next one, where no client will look for it."""

import socket

for port in range(8080, 8090):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", port))
        break
    except OSError:
        s.close()
s.listen()
conn, _peer = s.accept()
conn.sendall(b"hello")
conn.close()
