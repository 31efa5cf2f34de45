"""Runs a command in a network namespace that has a neighbour on a veth pair, and says what the neighbour saw.

Run as ``unshare --user --map-root-user --net python -m tests.lab.outside COMMAND…``. Prints one line of JSON: the command's exit
code and output, and every frame that reached the neighbour, in hex. Nothing answers there, so whoever wants to speak to it first
has to ask for its hardware address, and is seen.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
HERE, THERE = "10.99.0.1", "10.99.0.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def neighbour(ready: int, go: int) -> None:
    """In a namespace of its own: waits for its end of the pair, then counts what comes."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == -1:
        raise OSError(ctypes.get_errno(), "unshare")
    os.write(ready, b"x")
    os.read(go, 1)


def main() -> None:
    """See the module's docstring."""
    told, ready = os.pipe()
    go, let = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            neighbour(ready, go)
            quiet("inside")
            ip("address", "add", f"{THERE}/24", "dev", "inside")
            ip("link", "set", "inside", "up")
            ears = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            ears.bind(("inside", ETH_P_ALL))
            os.write(ready, b"y")
            os.read(go, 1)
            ears.setblocking(False)
            frames = []
            while True:
                try:
                    frames.append(ears.recv(65536).hex())
                except BlockingIOError:
                    break
            Path(sys.argv[1]).write_text(json.dumps(frames))
        finally:
            os._exit(0)
    os.read(told, 1)
    ip("link", "set", "lo", "up")
    ip("link", "add", "outside", "type", "veth", "peer", "name", "inside", "netns", str(pid))
    quiet("outside")
    ip("address", "add", f"{HERE}/24", "dev", "outside")
    ip("link", "set", "outside", "up")
    ip("route", "add", "default", "via", THERE)
    os.write(let, b"x")
    os.read(told, 1)
    done = subprocess.run(sys.argv[2:], capture_output=True, text=True, check=False)
    os.write(let, b"y")
    os.waitpid(pid, 0)
    frames = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps({"code": done.returncode, "out": done.stdout, "err": done.stderr, "frames": frames}))


def quiet(device: str) -> None:
    """No IPv6 of the device's own accord: what is seen there is somebody's doing."""
    try:
        Path(f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6").write_text("1")
    except FileNotFoundError:
        return  # a kernel without IPv6


if __name__ == "__main__":
    main()
