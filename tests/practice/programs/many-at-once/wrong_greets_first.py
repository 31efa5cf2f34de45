# fails at: bob gets his bytes back, though ann came before him and is silent
# told: server sleeps in recv, and has not called accept for it
"""Selects, and takes for granted that whoever has just come has something to say."""

import select
import socket

server = socket.create_server(("127.0.0.1", 8080))
clients: list[socket.socket] = []
while True:
    ready, _, _ = select.select([server, *clients], [], [])
    for each in ready:
        if each is server:
            each, _address = server.accept()
            clients.append(each)
        if data := each.recv(100):
            each.sendall(data)
        else:
            clients.remove(each)
            each.close()
