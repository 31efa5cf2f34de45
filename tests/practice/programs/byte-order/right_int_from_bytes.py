"""By int.from_bytes and ipaddress, without blocking; the first connection stays open to the end."""

import ipaddress
import selectors
import socket

s = socket.create_connection(("127.0.0.1", 8080))
place = b""
while piece := s.recv(6):
    place += piece
host = str(ipaddress.IPv4Address(place[:4]))
port = int.from_bytes(place[4:], "big")
t = socket.socket()
t.setblocking(False)
t.connect_ex((host, port))
with selectors.DefaultSelector() as selector:
    selector.register(t, selectors.EVENT_WRITE)
    selector.select()
t.send(b"hello")
