"""Lets the kernel send it from a file: sendfile says how much it took, too."""

import os
import socket

LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"

file = os.memfd_create("message")
os.write(file, LINE * 1024)
s = socket.create_connection(("127.0.0.1", 8080))
at = 0
while at < 65536:
    at += os.sendfile(s.fileno(), file, at, 65536 - at)
s.close()
