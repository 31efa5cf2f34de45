"""Runs sockviz as on an older or smaller kernel, whose sock_diag says less than this machine's.

python older.py listing|tcp|udp|unix|all… -- ARGUMENTS…

``listing``: as before Linux 6.8, sockets that are bound and no more are not listed. ``tcp``, ``udp``, ``unix``: as without the
module that lists these (ENOENT); ``all``: without inet_diag and unix_diag at all.
"""

from __future__ import annotations

import errno
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from sockviz.kernel import observe, sock_diag
from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.inet_diag import TCPDIAG_GETSOCK
from sockviz.model.sockets import SocketRow

WITHOUT = ("listing", "tcp", "udp", "unix", "all")


def command(*without: str) -> list[str]:
    """What stands before sockviz's arguments so that it runs on such a kernel."""
    return [sys.executable, __file__, *without, "--"]


def no_listing(_diag: sock_diag.SockDiag, *, now: float) -> list[SocketRow]:
    """What `read_bound_only` gives there: nothing."""
    del now
    return []


def make_older(*without: str) -> None:
    """Makes this process's sock_diag that of a kernel `without` these."""
    ask = sock_diag.SockDiag.dump

    def dump(diag: sock_diag.SockDiag, kind: int, body: bytes, operation: str) -> list[bytes]:
        protocol = operation.removeprefix("sock_diag ").partition(" ")[0].lower()
        if "all" in without or protocol in without:
            # net/core/sock_diag.c: the older request of a kernel without inet_diag, and any without the module.
            number = errno.EOPNOTSUPP if kind == TCPDIAG_GETSOCK and "all" in without else errno.ENOENT
            raise KernelRefused(number, operation)
        return ask(diag, kind, body, operation)

    instead: list[tuple[object, str, object]] = [(sock_diag.SockDiag, "dump", dump)]
    if "listing" in without:
        instead += [(module, "read_bound_only", no_listing) for module in (sock_diag, observe)]
    for owner, name, value in instead:
        setattr(owner, name, value)


if __name__ == "__main__":
    words, arguments = sys.argv[1 : sys.argv.index("--")], sys.argv[sys.argv.index("--") + 1 :]
    assert set(words) <= set(WITHOUT), words
    make_older(*words)
    from sockviz.cli import main

    sys.exit(main(arguments))
