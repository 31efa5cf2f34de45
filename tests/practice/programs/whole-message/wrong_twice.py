# fails at: all 65,536 bytes come back
"""Knows that recv may give less, and believes that twice is enough."""

import select
import socket

s = socket.create_connection(("127.0.0.1", 8080))
select.select([s], [], [])
message = s.recv(65536)
if len(message) < 65536:
    message += s.recv(65536 - len(message))
s.sendall(message)
s.close()
