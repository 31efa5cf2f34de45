"""A small lab to observe: a listener, connections, datagrams, a UNIX pair, two processes; in namespaces of its own.

Arguments: the number of a SOCK_SEQPACKET descriptor, and ``own`` or ``shared``: whether the namespace has tables of
connections of its own, as labs do where the kernel lets them, or shares the machine's. Sends two pids and a sock_diag
socket, then times what it is asked to run.
"""

from __future__ import annotations

import array
import json
import os
import socket
import statistics
import sys
import time

import psutil

from sockviz.kernel.sock_diag import open_sock_diag
from sockviz.lab.confinement import new_network
from tests.kernel.stage import bring_up_loopback, enter_namespaces


def timed(argv: list[str], rounds: int) -> float:
    """Median seconds of running `argv`, its output thrown away; ``psutil`` stands for psutil.net_connections()."""
    spans = []
    for _ in range(rounds):
        begin = time.perf_counter()
        if argv == ["psutil"]:
            psutil.net_connections("all")
        else:
            actions = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
            os.waitpid(os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions), 0)
        spans.append(time.perf_counter() - begin)
    return statistics.median(spans)


def main() -> None:
    control, tables = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    enter_namespaces()
    if tables == "own":
        os.close(new_network())
        bring_up_loopback()
    listener = socket.create_server(("127.0.0.1", 8080), backlog=5)
    child = os.fork()
    if child == 0:
        control.close()
        listener.close()
        clients = [socket.create_connection(("127.0.0.1", 8080)) for _ in range(3)]
        clients[0].recv(1)
        os._exit(0)
    held = [listener.accept()[0] for _ in range(3)]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 9090))
    held += [datagrams, *socket.socketpair()]
    diag = open_sock_diag()
    pids = json.dumps([os.getpid(), child]).encode()
    control.sendmsg(
        [pids], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [diag.fileno()]).tobytes())]
    )
    try:
        while request := control.recv(65536):
            argv, rounds = json.loads(request)
            control.send(json.dumps(timed(argv, rounds)).encode())
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
