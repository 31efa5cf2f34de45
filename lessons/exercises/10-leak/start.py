"""A server on 127.0.0.1:8080 that answers each `ping` with `pong`, one client after another."""

import socket


def serve(client):
    try:
        while client.recv(5) == b"ping\n":
            client.sendall(b"pong\n")
    except ConnectionError as error:
        print(f"a client broke off: {error}")
    # It has closed: the connection is over.


clients = []
server = socket.create_server(("127.0.0.1", 8080))

while True:
    client, address = server.accept()
    clients.append((client, address))
    serve(client)
    print(f"{len(clients)} clients so far")
