"""What a row of the kernel's is called at its two ends: an address and port, a UNIX name, of a raw socket its protocol."""

from __future__ import annotations

from sockviz.model.linux.names import name_of
from sockviz.model.linux.sockets import PROTOCOLS
from sockviz.model.sockets import SocketRow
from sockviz.model.values import Address
from sockviz.words.wording import address_text, ends_text


def local_text(row: SocketRow) -> str:
    """``127.0.0.1:8080``, ``@name``, ``0.0.0.0 ICMP``."""
    return _raw(row.local) if row.is_raw else address_text(row.local)


def peer_text(row: SocketRow) -> str:
    """The same of the other end."""
    return _raw(row.peer) if row.is_raw else address_text(row.peer)


def both_text(row: SocketRow, arrow: str = " → ") -> str:
    """Both ends, where the other one has a name; a UNIX socket without a name by its peer's alone: ``→ door``."""
    if not row.peer:
        return local_text(row)
    if row.has_ports:
        return ends_text(row.local, row.peer).replace(" → ", arrow)
    here = local_text(row) if row.local else ""
    return f"{here}{arrow if here else arrow.lstrip()}{peer_text(row)}"


def _raw(address: Address | None) -> str:
    """Where a port would be, a raw socket's row has its protocol (net/ipv4/af_inet.c, inet_create: inet_num = protocol), and
    nothing of its peer's."""
    match address:
        case (str(host), int(number), *_) if number:
            name = name_of(number, PROTOCOLS)
            return f"{host} {name.removeprefix('IPPROTO_') if name else number}"
        case (str(host), *_):
            return host
    return address_text(address)
