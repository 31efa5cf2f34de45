"""A connected socket, which takes nobody else's datagrams, one select for each wait, and a time at which to ask again."""

import select
import socket
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 8080))
for question in "1?", "2?", "3?":
    wanted = question[0].encode() + b"="
    asked, again, answer = 0, time.monotonic(), b""
    while not answer.startswith(wanted):
        wait = again - time.monotonic()
        if wait > 0:
            if select.select([s], [], [], wait)[0]:
                answer = s.recv(65536)
        elif asked == 3:
            print("no answer")
            raise SystemExit(1)
        else:
            s.send(question.encode())
            asked, again = asked + 1, time.monotonic() + 0.4
    print(answer.decode())
