"""A client of 127.0.0.1:8080 that should come from 127.0.0.2:5000 and say `hello`."""

import socket

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

# Its own end first: connect sends the SYN, which says where the client comes from. When it has ended, its port is kept by
# TIME-WAIT for a minute; with SO_REUSEADDR the next start may have it nevertheless.
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.bind(("127.0.0.2", 5000))
client.connect(("127.0.0.1", 8080))

client.sendall(b"hello")
client.close()
