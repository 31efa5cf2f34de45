"""One loop with epoll, sockets that do not block, and a queue of what is still to be sent."""

import select
import socket

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 8080))
listener.listen(1)
conn, _ = listener.accept()
listener.close()
conn.setblocking(False)

epoll = select.epoll()
epoll.register(conn, select.EPOLLIN)
length, out, is_over = 0, b"", False
while out or not is_over:
    epoll.modify(conn, (0 if is_over else select.EPOLLIN) | (select.EPOLLOUT if out else 0))
    for _fd, events in epoll.poll():
        if events & select.EPOLLOUT:
            out = out[conn.send(out) :]
        if events & select.EPOLLIN:
            got = conn.recv(512)
            is_over = not got
            for byte in got:
                if byte == 0x0A:
                    out += b"%d\n" % length
                    length = 0
                else:
                    length += 1
epoll.close()
conn.close()
