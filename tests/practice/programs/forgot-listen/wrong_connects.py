# fails at: the client is let in
# told: a RST answered: nothing listens on 127.0.0.1:8081
"""It takes connect for what a server does after bind."""

import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))
server.connect(("127.0.0.1", 8081))
server.sendall(b"hello")
server.close()
