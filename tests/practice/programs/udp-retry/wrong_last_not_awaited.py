# fails at: each time 200 ms had passed before it asked again, or gave up
# told: client ended
"""Waits between two times, and after the third not at all."""

import os
import socket
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 8080))
s.setblocking(False)
for number in (b"1", b"2", b"3"):
    answer = None
    for wait in (0.4, 0.4, 0):
        s.send(number + b"?")
        end = time.monotonic() + wait
        while answer is None and time.monotonic() < end:
            time.sleep(0.02)
            try:
                answer = s.recv(100)
            except BlockingIOError:
                continue
            if not answer.startswith(number + b"="):
                answer = None
        if answer is not None:
            break
    os.write(1, (answer or b"no answer") + b"\n")
    if answer is None:
        os._exit(1)
