"""On the machine's own network a lesson's sockets are tied to lo, whatever their addresses: a wildcard would serve strangers.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import socket

from sockviz.lab.bounds import Refused
from sockviz.lab.reach import INET, INET6, SO_BINDTODEVICE, SOL_SOCKET, is_everywhere, kind_of


def tie_to_loopback(made: socket.socket) -> None:
    """Has a socket of the machine's own network take and send only what goes by lo, whatever its address: a wildcard would serve
    strangers. Only a privileged process could undo it. (Of other programs `ss` shows it so: 127.0.0.1%lo.)

    Raises Refused where the kernel does not let it.
    """
    try:
        # net/core/sock.c, sock_bindtoindex_locked: since Linux 5.7 any process may, once. An SO_ATTACH_FILTER would do for
        # datagrams; for TCP it was measured to be refused to ordinary users (EPERM, Linux 6.18).
        made.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, b"lo\0")
    except OSError as error:
        made.close()
        raise Refused(
            f"this machine does not let a socket be tied to lo ({error}): it would be open to the network"
        ) from None


def tie_again(held: socket.socket) -> None:
    """Ties a socket whose peer was forgotten to lo, where the kernel has forgotten that as well.

    net/ipv4/udp.c, __udp_disconnect: sk_bound_dev_if = 0; TCP keeps it. Only what is bound to every address could have received
    anything from elsewhere in the meantime, and that it is nobody may have seen (another process has bound it): then it is
    closed, with whatever came. Raises Refused.
    """
    if kind_of(held)[0] not in (INET, INET6) or held.getsockopt(SOL_SOCKET, SO_BINDTODEVICE, 16).rstrip(
        b"\0"
    ):
        return
    tie_to_loopback(held)
    name = held.getsockname()
    if name[1] and is_everywhere(name[0]):
        held.close()
        raise Refused(
            "the socket was bound to every address, and open to the network for a moment: it is closed"
        )
