"""Waits for all of the answer at once, and says more than that besides."""

import socket

print("connecting")
with socket.create_connection(("127.0.0.1", 8080)) as s:
    s.sendmsg([b"pear\n", b"apple\n", b"fig\n"])
    s.shutdown(socket.SHUT_WR)
    answer = s.recv(1 << 16, socket.MSG_WAITALL)
print(answer.decode())
print("done")
