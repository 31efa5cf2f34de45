"""Makes the two hosts' network: a veth pair for each, one end in the host, the other in the wire's own namespace.

Runs inside the lab. Neighbours are permanent, so no ARP has to be waited for; checksums and segmentation are the kernel's own
work (no offload), so that what crosses the wire is what would cross a cable.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sockviz.dataclass import dataclass
from sockviz.kernel import errors
from sockviz.lab.confinement import StepRefused, enter_network
from sockviz.lab.rtnetlink import Routes, device, is_six
from sockviz.lab.wire_steps import ADDRESSING, LINKING, OFFLOADING, QUIETING

SIOCETHTOOL = 0x8946
#: linux/ethtool.h: ETHTOOL_STXCSUM, STSO, SGSO and SGRO, by which a device's offloads are switched.
OFFLOADS = (0x17, 0x1F, 0x24, 0x2C)
#: What a host calls its end of the link.
DEVICE = "eth0"


@dataclass(frozen=True, slots=True)
class HostPlan:
    """One host of the lab: its name (also its inner device's), its addresses, its namespace."""

    name: str
    addresses: tuple[str, ...]
    mac: str
    namespace: int  # a descriptor of its network namespace


@contextmanager
def step(name: str) -> Iterator[None]:
    """Says of what netlink refuses in the block that it is this step."""
    try:
        yield
    except errors.KernelRefused as refusal:
        raise StepRefused(name, refusal.number) from None
    except OSError as error:  # no netlink socket at all
        raise StepRefused(name, error.errno or 0) from None


@contextmanager
def inside(namespace: int, home: int) -> Iterator[None]:
    """Runs the block in another network namespace."""
    enter_network(namespace)
    try:
        yield
    finally:
        enter_network(home)


def connect(hosts: Mapping[str, HostPlan], home: int) -> None:
    """Links the two hosts. Raises StepRefused."""
    with step(LINKING), Routes() as routes:
        for plan in hosts.values():
            routes.add_veth(device(plan.name), device(DEVICE, plan.mac, plan.namespace))
            silence(plan.name)
            routes.set_up(plan.name)
    for plan in hosts.values():
        other = next(each for each in hosts.values() if each is not plan)
        with inside(plan.namespace, home):
            set_up(plan, other)


def set_up(plan: HostPlan, other: HostPlan) -> None:
    """Gives the host that we are in its addresses, its neighbour and a plain device."""
    if any(is_six(address) for address in plan.addresses):
        hush(DEVICE)
    else:
        silence(DEVICE)
    with step(ADDRESSING), Routes() as routes:
        for address in plan.addresses:
            routes.add_address(DEVICE, address, 64 if is_six(address) else 24)
        routes.set_up(DEVICE)
        for address in other.addresses:
            routes.add_neighbour(DEVICE, address, other.mac)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS:
            switch_off(control, command)


def silence(device: str) -> None:
    """No router solicitations, no duplicate address detection of a device's own on the wire."""
    write(f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6", "1", QUIETING)


def hush(device: str) -> None:
    """IPv6 without what a device says of its own: no router is asked for, none is heard, no address is made up, none is tried
    for being somebody else's."""
    for name, value in {"accept_ra": "0", "autoconf": "0", "router_solicitations": "0", "accept_dad": "0", "dad_transmits": "0",
                        "addr_gen_mode": "1"}.items():  # fmt: skip
        write(f"/proc/sys/net/ipv6/conf/{device}/{name}", value, QUIETING)


def switch_off(control: socket.socket, command: int) -> None:
    """One ethtool ioctl: struct ifreq with a pointer to struct ethtool_value."""
    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
    try:
        fcntl.ioctl(control, SIOCETHTOOL, struct.pack("16sQ8x", DEVICE.encode(), ctypes.addressof(value)))
    except OSError as error:
        # EOPNOTSUPP: this kernel's veth has no such offload to switch off.
        if error.errno != errno.EOPNOTSUPP:
            raise StepRefused(OFFLOADING, error.errno or 0) from None


def write(path: str, text: str, what: str) -> None:
    """Writes a file of /proc/sys, where this kernel has it."""
    try:
        with open(path, "w") as file:
            file.write(text)
    except FileNotFoundError:
        return  # a kernel without IPv6
    except OSError as error:
        raise StepRefused(what, error.errno or 0) from None
