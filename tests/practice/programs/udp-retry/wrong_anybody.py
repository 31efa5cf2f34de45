# fails at: what was printed: the server's two answers, each once, and that there is no third
# told: took b'2=black', which came from 127.0.0.1:8081
"""Looks at the number of an answer, and not at who has sent it."""

import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.4)


def ask(number):
    for _ in range(3):
        s.sendto(b"%d?" % number, ("127.0.0.1", 8080))
        try:
            while True:
                answer = s.recv(100)
                if answer.startswith(b"%d=" % number):
                    return answer
        except TimeoutError:
            pass
    print("no answer")
    sys.exit(1)


for number in 1, 2, 3:
    print(ask(number).decode())
