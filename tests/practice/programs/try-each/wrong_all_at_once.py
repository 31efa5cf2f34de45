# fails at: it has one TCP socket: what was refused is closed
# told: is still open, though connect(
"""Tries all addresses at once, takes the first that lets it in, and forgets the others."""

import socket
import sys
import threading

made, let_in = [], []


def attempt(family, kind, protocol, _name, address):
    made.append(client := socket.socket(family, kind, protocol))
    if client.connect_ex(address) == 0:
        let_in.append(client)


threads = [
    threading.Thread(target=attempt, args=each)
    for each in socket.getaddrinfo(None, 8080, type=socket.SOCK_STREAM)
]
for each in threads:
    each.start()
for each in threads:
    each.join()
if not let_in:
    sys.exit(1)
let_in[0].sendall(b"hello")
while let_in[0].recv(100):
    pass
