"""A descriptor that never waits: select says when somebody has come, and when there is room for what is sent."""

import select
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 8080))
server.listen(1)
server.setblocking(False)
select.select([server], [], [])
client, _ = server.accept()
client.setblocking(False)
left = b"hello"
while left:
    select.select([], [client], [])
    left = left[client.send(left) :]
client.close()
server.close()
