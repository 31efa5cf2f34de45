"""Calls that fail, each for a reason that calls and packets say: what it is stands behind the line."""

import contextlib
import time
from collections.abc import Callable
from socket import AF_INET, SHUT_WR, SOCK_DGRAM, socket, socketpair


def fails(call: Callable[..., object], *arguments: object) -> None:
    with contextlib.suppress(OSError):
        call(*arguments)


HERE = "127.0.0.1", 8080
s = socket()
s.bind(HERE)
s.listen(5)
taken = socket()
fails(taken.bind, HERE)  # descriptor 3
nobody = socket()
fails(nobody.connect, ("127.0.0.1", 9999))
u = socket(AF_INET, SOCK_DGRAM)
u.connect(("127.0.0.1", 9998))
u.send(b"x")
fails(u.send, b"y")
c = socket()
c.connect(HERE)
conn, _ = s.accept()
c.send(b"hello")
while not conn.recv(1, 2):
    pass
conn.close()  # four bytes were only looked at: a RST
fails(c.recv, 10)
fails(c.send, b"again")
fails(c.getpeername)
half = socket()
half.connect(HERE)
conn, _ = s.accept()
half.shutdown(SHUT_WR)
fails(half.send, b"x")
new = socket()
fails(new.send, b"x")
one, other = socketpair()
other.close()
fails(one.send, b"x")
u.close()
begun = socket()
begun.setblocking(False)
fails(begun.connect, ("127.0.0.1", 9997))
fails(begun.connect, ("127.0.0.1", 9997))  # which tells how the first has ended
first, second = socket(AF_INET, SOCK_DGRAM), socket(AF_INET, SOCK_DGRAM)
first.bind(HERE)
fails(second.bind, HERE)
s.close()
time.sleep(0.3)  # what is seen of it before is of a listener that is gone, then
again = socket()
fails(again.bind, HERE)
