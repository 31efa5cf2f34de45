"""Does not block: select says when the handshake is over. The socket is left to the exit to close."""

import select
import socket
import sys

s = socket.socket()
s.setblocking(False)
s.bind(("127.0.0.2", 5000))
s.connect_ex(("127.0.0.1", 8080))
select.select([], [s], [])
if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
    sys.exit(1)
s.sendmsg([b"hel", b"lo"])
