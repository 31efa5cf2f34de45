"""A client that asks 127.0.0.1:8080 three questions by UDP, and asks again where no answer comes."""

import socket
import sys
import time

SERVER = ("127.0.0.1", 8080)
TIMES, PATIENCE = 3, 0.4  # seconds


def receive(sock, number):
    """The server's answer to that question; None where it does not come in time."""
    deadline = time.monotonic() + PATIENCE
    while (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)  # what others send does not make it wait longer
        try:
            answer, sender = sock.recvfrom(1024)
        except TimeoutError:
            break
        if sender == SERVER and answer.startswith(b"%d=" % number):
            return answer
    return None


def ask(sock, number):
    """The answer to that question; None where nobody answers."""
    for _ in range(TIMES):
        sock.sendto(b"%d?" % number, SERVER)
        answer = receive(sock, number)
        if answer is not None:
            return answer
    return None


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    for number in (1, 2, 3):
        answer = ask(sock, number)
        if answer is None:
            print("no answer")
            sys.exit(1)
        print(answer.decode())
