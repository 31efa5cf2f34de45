# fails at: and nothing after them: your program closes its socket
# told: it was sent by send(3, b'hello\n')
"""Says more than it should."""

import socket

s = socket.create_connection(("127.0.0.1", 8080), source_address=("127.0.0.2", 5000))
s.sendall(b"hello\n")
