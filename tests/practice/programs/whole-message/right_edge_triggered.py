"""By an edge-triggered epoll: epoll(7) lets a program take a short read for «nothing is left», and wait for the next edge."""

import select
import socket

SIZE, ROOM = 65536, 4096

s = socket.socket()
s.connect(("127.0.0.1", 8080))
s.setblocking(False)
epoll = select.epoll()
epoll.register(s, select.EPOLLIN | select.EPOLLET)
message = b""
while len(message) < SIZE:
    epoll.poll()
    while True:
        try:
            piece = s.recv(ROOM)
        except BlockingIOError:
            break
        if not piece:
            raise SystemExit("too early an end")
        message += piece
        if len(piece) < ROOM:
            break
s.setblocking(True)
with s, s.makefile("wb") as file:
    file.write(message)
