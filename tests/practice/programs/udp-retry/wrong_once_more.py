# fails at: and a third time
# told: client sent b'3?' 2 times, the last time by sendto
"""Asks once more, and no more."""

import socket
import sys

SERVER = ("127.0.0.1", 8080)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.4)
for number in 1, 2, 3:
    answer = sender = None
    for _ in range(2):
        s.sendto(b"%d?" % number, SERVER)
        try:
            while sender != SERVER or not answer.startswith(b"%d=" % number):
                answer, sender = s.recvfrom(100)
            break
        except TimeoutError:
            answer = sender = None
    if answer is None:
        print("no answer")
        sys.exit(1)
    print(answer.decode())
