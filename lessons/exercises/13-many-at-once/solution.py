"""A server on 127.0.0.1:8080 that sends its clients back what they send."""

import select
import socket

server = socket.create_server(("127.0.0.1", 8080))
clients = {}  # by descriptor, as poll tells of them
poll = select.poll()
poll.register(server, select.POLLIN)


def serve(client):
    """What came from a client goes back. Returns whether it is still there."""
    try:
        data = client.recv(100)
        client.sendall(data)
    except ConnectionError:  # it broke off: nothing is wrong with the others
        return False
    return bool(data)


while True:
    for fd, _events in poll.poll():
        if fd == server.fileno():
            client, address = server.accept()
            clients[client.fileno()] = client
            poll.register(client, select.POLLIN)
        elif not serve(clients[fd]):
            poll.unregister(fd)
            clients.pop(fd).close()
