"""Makes links and gives them addresses and neighbours, as `ip link`, `ip addr` and `ip neigh` do (linux/rtnetlink.h)."""

from __future__ import annotations

import errno
import socket
from struct import Struct
from types import TracebackType

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.netlink import attribute, change_request, parse_part

NETLINK_ROUTE = 0
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWNEIGH = 16, 20, 28
IFLA_ADDRESS, IFLA_IFNAME, IFLA_LINKINFO, IFLA_NET_NS_FD = 1, 3, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
IFA_F_NODAD = 0x02
NDA_DST, NDA_LLADDR = 1, 2
IFF_UP, NUD_PERMANENT = 0x1, 0x80

_LINK = Struct("=BxHiII")  # struct ifinfomsg: family, type, index, flags, mask of the flags that change
_ADDRESS = Struct("=BBBBI")  # struct ifaddrmsg: family, prefix length, flags, scope, index
_NEIGHBOUR = Struct("=BxxxiHBB")  # struct ndmsg: family, index, state, flags, type
_U32 = Struct("=I")


class Routes:
    """Changes the network namespace that this thread is in.

    Every method raises `sockviz.kernel.errors.KernelRefused` where the kernel answers with an errno, and OSError where it cannot
    be asked at all.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE)
        self._sequence = 0

    def __enter__(self) -> Routes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def add_veth(self, end: bytes, other: bytes) -> None:
        """A pair of Ethernet devices, what one sends the other receives. Each end as `device` describes it."""
        peer = attribute(VETH_INFO_PEER, _LINK.pack(0, 0, 0, 0, 0), other)
        self.add_link("veth", end, attribute(IFLA_INFO_DATA, peer))

    def set_up(self, name: str) -> None:
        """Switches a device on."""
        self.change_link(name, IFF_UP)

    def add_address(self, name: str, address: str, prefix: int) -> None:
        """Gives a device an address, which is its own at once: nobody is asked whether it is somebody else's."""
        family, packed = _packed(address)
        head = _ADDRESS.pack(
            family, prefix, IFA_F_NODAD if family == socket.AF_INET6 else 0, 0, index_of(name)
        )
        body = head + attribute(IFA_LOCAL, packed) + attribute(IFA_ADDRESS, packed)
        self._ask(RTM_NEWADDR, body, NLM_F_CREATE | NLM_F_EXCL)

    def add_neighbour(self, name: str, address: str, mac: str) -> None:
        """Tells a device the hardware address of a neighbour, for good."""
        family, packed = _packed(address)
        head = _NEIGHBOUR.pack(family, index_of(name), NUD_PERMANENT, 0, 0)
        body = head + attribute(NDA_DST, packed) + attribute(NDA_LLADDR, hardware(mac))
        self._ask(RTM_NEWNEIGH, body, NLM_F_CREATE | NLM_F_EXCL)

    def add_link(self, kind: str, described: bytes, data: bytes = b"") -> None:
        """A device of a kind that takes `data` besides what `device` describes."""
        about = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, kind.encode()), data)
        self._ask(RTM_NEWLINK, _LINK.pack(0, 0, 0, 0, 0) + described + about, NLM_F_CREATE | NLM_F_EXCL)

    def change_link(self, name: str, flags: int, attributes: bytes = b"") -> None:
        """Sets flags and attributes of a device."""
        self._ask(RTM_NEWLINK, _LINK.pack(0, 0, index_of(name), flags, flags) + attributes)

    def _ask(self, kind: int, body: bytes, flags: int = 0) -> None:
        self._sequence += 1
        self._socket.send(change_request(kind, body, self._sequence, flags))
        parse_part(self._socket.recv(1 << 16), self._sequence, "rtnetlink")


def device(name: str, mac: str | None = None, namespace: int | None = None) -> bytes:
    """How a device that is going to be made is described: its name, hardware address and the namespace it is for."""
    described = attribute(IFLA_IFNAME, name.encode() + b"\0")
    if mac is not None:
        described += attribute(IFLA_ADDRESS, hardware(mac))
    if namespace is not None:
        described += attribute(IFLA_NET_NS_FD, _U32.pack(namespace))
    return described


def is_six(address: str) -> bool:
    """Whether it is one of IPv6."""
    return ":" in address


def _packed(address: str) -> tuple[int, bytes]:
    family = socket.AF_INET6 if is_six(address) else socket.AF_INET
    return family, socket.inet_pton(family, address)


def index_of(name: str) -> int:
    """The number of a device of the namespace that this thread is in. Raises `KernelRefused`."""
    try:
        return socket.if_nametoindex(name)
    except OSError:  # ENODEV; Python 3.11 leaves its number out
        raise KernelRefused(errno.ENODEV, f"looking up the device {name}") from None


def hardware(mac: str) -> bytes:
    """A hardware address as the kernel has it."""
    return bytes.fromhex(mac.replace(":", ""))
