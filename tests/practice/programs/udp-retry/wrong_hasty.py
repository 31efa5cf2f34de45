# fails at: but not before 200 ms had passed
# told: after the time before: each time wait as long as the task says, after the last one, too
"""Asks three times, and takes milliseconds for seconds."""

import select
import socket

c = socket.socket(type=socket.SOCK_DGRAM)
c.connect(("127.0.0.1", 8080))


def question(number):
    for _attempt in range(3):
        c.send(f"{number}?".encode())
        while select.select([c], [], [], 0.03)[0]:
            said = c.recv(99).decode()
            if said[:2] == f"{number}=":
                return said
    raise SystemExit("no answer" if print("no answer") else 1)


for each in "123":
    print(question(each))
