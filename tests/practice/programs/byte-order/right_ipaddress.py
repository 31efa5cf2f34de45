# The library knows how addresses and numbers come, and a file object how many bytes are six.

import ipaddress
import socket

with (
    socket.create_connection(("127.0.0.1", 8080)) as directory,
    directory.makefile("rb", buffering=0) as place,
):
    host = ipaddress.IPv4Address(place.read(4))
    high, low = place.read(2)

with socket.socket() as client:
    client.connect((str(host), 256 * high + low))
    client.sendall(b"hello")
