"""A client that asks 127.0.0.1:8080 three questions by UDP."""

import socket

SERVER = ("127.0.0.1", 8080)

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

for number in (1, 2, 3):
    sock.sendto(b"%d?" % number, SERVER)
    answer, sender = sock.recvfrom(1024)
    print(answer.decode())

sock.close()
