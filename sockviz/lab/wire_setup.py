"""Makes the two hosts' network: a veth pair for each, one end in the host, the other in the wire's own namespace.

Runs inside the lab. Addresses and links by netlink (pyroute2); neighbours are permanent, so no ARP has to be waited for;
checksums and segmentation are the kernel's own work (no offload), so that what crosses the wire is what would cross a cable.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
#: linux/ethtool.h: the commands that switch off transmit checksumming, TSO, GSO and GRO.
OFFLOADS = {"tx checksumming": 0x17, "TSO": 0x1F, "GSO": 0x24, "GRO": 0x2C}
#: What a host calls its end of the link.
DEVICE = "eth0"
NUD_PERMANENT = 0x80

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class HostPlan:
    """One host of the lab: its name (also its inner device's), its addresses, its namespace."""

    name: str
    address: str
    mac: str
    namespace: int  # a descriptor of its network namespace


class SetupRefused(Exception):
    """A step that this machine does not allow: (step, errno)."""


@contextmanager
def inside(namespace: int, home: int) -> Iterator[None]:
    """Runs the block in another network namespace."""
    enter(namespace)
    try:
        yield
    finally:
        enter(home)


def enter(namespace: int) -> None:
    """Moves this thread into a network namespace."""
    if libc.setns(namespace, CLONE_NEWNET) == -1:
        raise SetupRefused("setns(CLONE_NEWNET)", ctypes.get_errno())


def connect(hosts: Mapping[str, HostPlan], home: int) -> None:
    """Links the two hosts. Raises SetupRefused."""
    try:
        with IPRoute() as link:
            # Our own loopback: through it we can see whether packets are stamped on arrival.
            link.link("set", index=link.link_lookup(ifname="lo")[0], state="up")
            for plan in hosts.values():
                peer = {"ifname": DEVICE, "net_ns_fd": plan.namespace, "address": plan.mac}
                link.link("add", ifname=plan.name, kind="veth", peer=peer)
                # No router solicitations, no duplicate address detection of ours on the wire.
                write(f"/proc/sys/net/ipv6/conf/{plan.name}/disable_ipv6", "1")
                link.link("set", index=link.link_lookup(ifname=plan.name)[0], state="up")
        for plan in hosts.values():
            other = next(each for each in hosts.values() if each is not plan)
            with inside(plan.namespace, home):
                set_up(plan, other)
    except NetlinkError as error:
        raise SetupRefused("setting up the link", error.code) from None


def set_up(plan: HostPlan, other: HostPlan) -> None:
    """Gives the host that we are in its address, its neighbour and a plain device."""
    write(f"/proc/sys/net/ipv6/conf/{DEVICE}/disable_ipv6", "1")
    with IPRoute() as host:
        device = host.link_lookup(ifname=DEVICE)[0]
        host.link("set", index=host.link_lookup(ifname="lo")[0], state="up")
        host.addr("add", index=device, address=plan.address, prefixlen=24)
        host.link("set", index=device, state="up")
        host.neigh("add", dst=other.address, lladdr=other.mac, ifindex=device, state=NUD_PERMANENT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for what, command in OFFLOADS.items():
            switch_off(control, what, command)


def switch_off(control: socket.socket, what: str, command: int) -> None:
    """One ethtool ioctl: struct ifreq with a pointer to struct ethtool_value."""
    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
    try:
        fcntl.ioctl(control, SIOCETHTOOL, struct.pack("16sQ8x", DEVICE.encode(), ctypes.addressof(value)))
    except OSError as error:
        if (
            error.errno != errno.EOPNOTSUPP
        ):  # EOPNOTSUPP: this kernel's veth has no such offload to switch off
            raise SetupRefused(f"switching off {what}", error.errno or 0) from None


def write(path: str, text: str) -> None:
    """Writes a file of /proc/sys, where this kernel has it."""
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return  # a kernel without IPv6
    except OSError as error:
        raise SetupRefused(path, error.errno or 0) from None
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
