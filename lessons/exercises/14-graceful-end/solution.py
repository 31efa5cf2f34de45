"""A server on 127.0.0.1:8080 that answers `ping` with `pong`, one client after another, until it gets SIGTERM."""

import select
import signal
import socket

is_wanted = True


def stop(number, frame):
    """Only notes it: whoever is being served is served to the end."""
    global is_wanted
    is_wanted = False


def serve(client):
    """One client. The connection is closed whatever becomes of it."""
    with client:
        try:
            if client.recv(5) == b"ping\n":
                client.sendall(b"pong\n")
        except ConnectionError as error:
            print(f"a client went: {error}")


def waiting(server):
    """The clients that the kernel has let in and nobody has accepted yet."""
    server.setblocking(False)
    while True:
        try:
            client, address = server.accept()
        except BlockingIOError:
            return
        client.setblocking(True)
        yield client


# Python writes a byte there when a signal comes: so select wakes for a client and for a signal, whichever comes first.
bell, ringer = socket.socketpair()
ringer.setblocking(False)
signal.set_wakeup_fd(ringer.fileno())
signal.signal(signal.SIGTERM, stop)
server = socket.create_server(("127.0.0.1", 8080))

while is_wanted:
    ready, _, _ = select.select([server, bell], [], [])
    if server in ready:
        client, address = server.accept()
        serve(client)

for client in waiting(server):
    serve(client)
server.close()
