"""A client of port 8080 of this machine, at whichever of its addresses somebody listens."""

import socket
import sys


def connect_to_any(found):
    """A socket that is connected to the first of these addresses that lets it in; None where none does."""
    for family, kind, protocol, _, address in found:
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that this machine lacks: the next one may be another
            print(f"{address}: {error}", file=sys.stderr)
            continue
        try:
            sock.connect(address)
            return sock
        except OSError as error:
            print(f"{address}: {error}", file=sys.stderr)
            sock.close()
    return None


client = connect_to_any(socket.getaddrinfo(None, 8080, type=socket.SOCK_STREAM))
if client is None:
    sys.exit("nobody lets us in")  # which is exit status 1

client.sendall(b"hello")
while piece := client.recv(1024):
    print(piece.decode())
client.close()
