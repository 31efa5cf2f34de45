"""A new socket for each question, and SIGALRM where others have a time limit."""

import signal
import socket
import sys


class Over(Exception):
    """The time is."""


def over(*_):
    raise Over


def ask(number):
    for _ in range(3):
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", 8080))
            s.send(b"%d?" % number)
            signal.setitimer(signal.ITIMER_REAL, 0.4)
            try:
                while True:
                    answer = s.recv(512)
                    if answer.startswith(b"%d=" % number):
                        return answer.decode()
            except Over:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    return None


signal.signal(signal.SIGALRM, over)
for number in (1, 2, 3):
    answer = ask(number)
    print(answer or "no answer")
    if answer is None:
        sys.exit(1)
