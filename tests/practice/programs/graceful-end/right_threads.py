"""A thread for each client; the signal ends the wait in accept by an exception, and whoever is in the queue is taken then."""

import signal
import socket
import threading


class Stop(Exception):
    pass


def stop(_number: int, _frame: object) -> None:
    raise Stop


def serve(client: socket.socket) -> None:
    with client, client.makefile("rwb") as stream:
        if stream.readline() == b"ping\n":
            stream.write(b"pong\n")


def serve_apart(client: socket.socket) -> None:
    client.setblocking(True)
    threading.Thread(target=serve, args=(client,)).start()


signal.signal(signal.SIGTERM, stop)
with socket.create_server(("127.0.0.1", 8080)) as server:
    try:
        while True:
            serve_apart(server.accept()[0])
    except Stop:
        server.setblocking(False)
    try:
        while True:
            serve_apart(server.accept()[0])
    except BlockingIOError:
        pass
