"""One thread writes, the other reads; the file of the socket is what is written to."""

import socket
import sys
import threading

s = socket.create_connection(("127.0.0.1", 8080))


def read():
    with s.makefile("rb") as stream:
        sys.stdout.buffer.write(stream.read())


reader = threading.Thread(target=read)
reader.start()
for line in (b"pear\n", b"apple\n", b"fig\n"):
    s.send(line)
s.shutdown(socket.SHUT_WR)
reader.join()
