"""Each call stands on the line that has its name in a comment, however it is written."""

import os
import threading
from _socket import socket as socket_of_c
from socket import create_connection, socket, socketpair


def make() -> tuple[socket, socket]:
    with socket() as s:  # socket close
        s.bind(  # bind
            ("127.0.0.1", 0)
        )
        s.listen()  # listen
        c = create_connection(s.getsockname())  # getsockname socket connect
        d, _ = s.accept()  # accept getsockname
    return c, d


class Echo(threading.Thread):
    def __init__(self, held: socket) -> None:
        super().__init__()
        self.held = held

    def run(self) -> None:
        data = self.held.recv(9)  # recv
        [self.held.send(bytes([octet])) for octet in data]  # send


def main() -> None:
    here, there = make()
    echo = Echo(there)
    echo.start()
    here.sendall(b"ab")  # send
    echo.join()
    while here.recv(1) != b"b":  # recv
        pass
    os.write(here.fileno(), b"x")  # write
    raw = socket_of_c()  # socket
    raw.close()  # close
    one, _other = socketpair()  # socketpair getsockname
    os.close(one.detach())  # close
    here.close()  # close
    there.close()  # close
    _other.close()  # close


main()
