# fails at: all 65,536 bytes come back
# told: gave 3 of 65,535 bytes, and none was read after it: it stopped at byte 4
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
