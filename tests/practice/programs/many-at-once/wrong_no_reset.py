# fails at: dan breaks off with RST, and ann still gets her bytes back
# told: close that, and go on with the others
"""Knows only clients who close; an error of one of them is the end of all."""

import selectors
import socket

ready = selectors.DefaultSelector()
server = socket.create_server(("127.0.0.1", 8080))
ready.register(server, selectors.EVENT_READ)
while True:
    for key, _events in ready.select():
        if key.fileobj is server:
            ready.register(server.accept()[0], selectors.EVENT_READ)
        else:
            client = key.fileobj
            assert isinstance(client, socket.socket)
            data = client.recv(100)
            if data:
                client.sendall(data)
            else:
                ready.unregister(client)
                client.close()
