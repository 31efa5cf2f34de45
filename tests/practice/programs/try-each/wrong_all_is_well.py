# fails at: where nobody listens, it ends with exit status 1
# told: let it end with exit status 1 there
"""Says that nobody was there, and ends as if all were well."""

import socket

for family, kind, protocol, _, address in socket.getaddrinfo(None, 8080, 0, socket.SOCK_STREAM):
    with socket.socket(family, kind, protocol) as s:
        try:
            s.connect(address)
        except OSError as error:
            print(error)
            continue
        s.send(b"hello")
        while s.recv(100):
            pass
        break
