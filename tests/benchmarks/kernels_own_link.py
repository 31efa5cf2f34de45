"""Two hosts as in the lab, linked by the kernel: the same veth pairs bridged or, without a bridge, one pair between the hosts.

``python -m tests.benchmarks.kernels_own_link`` prints which it is and a pid in each host's network, as JSON, and stays until its
standard input ends.
"""

from __future__ import annotations

import json
import os
import struct
import sys

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.netlink import attribute
from sockviz.lab.confinement import enter_network, new_network, unshare_all
from sockviz.lab.rtnetlink import Routes, device, index_of
from sockviz.lab.wire_setup import DEVICE, HostPlan, connect, inside, set_up
from sockviz.model.hosts import HOSTS

IFLA_MASTER = 10  # linux/if_link.h


def bridged(plans: dict[str, HostPlan], home: int) -> None:
    """The lab's own set-up, and the inner ends on a bridge. Raises `KernelRefused` where the kernel has none."""
    with Routes() as routes:
        routes.add_link("bridge", device("bridge"))
        routes.set_up("bridge")
        connect(plans, home)
        master = attribute(IFLA_MASTER, struct.pack("=I", index_of("bridge")))
        for name in HOSTS:
            routes.change_link(name, 0, master)


def direct(plans: dict[str, HostPlan], home: int) -> None:
    """One veth pair from host to host."""
    client, server = (plans[name] for name in HOSTS)
    with Routes() as routes:
        routes.add_veth(
            device(DEVICE, client.mac, client.namespace), device(DEVICE, server.mac, server.namespace)
        )
    for plan, other in ((client, server), (server, client)):
        with inside(plan.namespace, home):
            set_up(plan, other)


def main() -> None:
    """See the module's docstring."""
    me = os.getpid()
    unshare_all()
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    plans, pids = {}, {}
    for number, name in enumerate(HOSTS, start=1):
        namespace = new_network()
        plans[name] = HostPlan(name, (f"10.0.0.{number}",), f"02:00:00:00:00:0{number}", namespace)
        enter_network(home)
    try:
        bridged(plans, home)
        what = "bridged by the kernel"
    except KernelRefused:
        direct(plans, home)
        what = "one veth pair (this kernel has no bridge)"
    for name, plan in plans.items():
        reading, writing = os.pipe()
        pids[name] = os.fork()
        if pids[name] == 0:
            enter_network(plan.namespace)
            os.close(writing)
            os.read(reading, 1)  # end-of-file: the benchmark is over
            os._exit(0)
    print(json.dumps([what, pids, me]), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
