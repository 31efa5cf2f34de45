"""A thread that hands it to a buffered file, which writes until nothing is left."""

import socket
import threading

LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"


def send(s):
    with s, s.makefile("wb", buffering=4096) as file:
        for _ in range(1024):
            file.write(LINE)


s = socket.socket()
s.connect(("127.0.0.1", 8080))
sending = threading.Thread(target=send, args=(s,))
sending.start()
sending.join()
