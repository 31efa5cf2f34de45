"""One thread and epoll, without blocking: what cannot be sent yet is kept."""

import select
import socket

listener = socket.create_server(("127.0.0.1", 8080))
listener.setblocking(False)
epoll = select.epoll()
epoll.register(listener, select.EPOLLIN)
clients, left = {}, {}
while True:
    for fd, events in epoll.poll():
        if fd == listener.fileno():
            client, _ = listener.accept()
            client.setblocking(False)
            clients[client.fileno()], left[client.fileno()] = client, b""
            epoll.register(client, select.EPOLLIN)
            continue
        client = clients[fd]
        if events & ~select.EPOLLOUT and not left[fd]:
            left[fd] = client.recv(3000)
            if not left[fd]:
                epoll.unregister(client)
                del clients[fd], left[fd]
                client.shutdown(socket.SHUT_WR)
                client.close()
                continue
        left[fd] = left[fd][client.send(left[fd]) :]
        epoll.modify(client, select.EPOLLOUT if left[fd] else select.EPOLLIN)
