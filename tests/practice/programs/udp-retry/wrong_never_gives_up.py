# fails at: then the program gives up, and ends with exit status 1
# told: client goes on and on: it has come to
"""Asks until it is answered, and so for ever."""

import socket

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 8080))
s.settimeout(0.4)
for number in 1, 2, 3:
    answer = b""
    while not answer.startswith(b"%d=" % number):
        s.send(b"%d?" % number)
        try:
            while not answer.startswith(b"%d=" % number):
                answer = s.recv(100)
        except TimeoutError:
            pass
    print(answer.decode())
