"""Two hosts as in the lab, linked by the kernel: the same veth pairs bridged or, without a bridge, one pair between the hosts.

``python -m tests.benchmarks.kernels_own_link`` prints which it is and a pid in each host's network, as JSON, and stays until its
standard input ends.
"""

from __future__ import annotations

import json
import os
import sys

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from sockviz.lab.init import enter_network, new_network, unshare_all
from sockviz.lab.wire import HOSTS
from sockviz.lab.wire_setup import DEVICE, HostPlan, connect, inside, set_up


def bridged(plans: dict[str, HostPlan], home: int) -> None:
    """The lab's own set-up, and the inner ends on a bridge. Raises NetlinkError where the kernel has none."""
    with IPRoute() as link:
        link.link("add", ifname="bridge", kind="bridge", br_forward_delay=0)
        bridge = link.link_lookup(ifname="bridge")[0]
        link.link("set", index=bridge, state="up")
        connect(plans, home)
        for name in HOSTS:
            link.link("set", index=link.link_lookup(ifname=name)[0], master=bridge)


def direct(plans: dict[str, HostPlan], home: int) -> None:
    """One veth pair from host to host."""
    client, server = (plans[name] for name in HOSTS)
    with IPRoute() as link:
        peer = {"ifname": DEVICE, "net_ns_fd": server.namespace, "address": server.mac}
        link.link(
            "add", ifname=DEVICE, kind="veth", net_ns_fd=client.namespace, address=client.mac, peer=peer
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
        plans[name] = HostPlan(name, f"10.0.0.{number}", f"02:00:00:00:00:0{number}", namespace)
        enter_network(home)
    try:
        bridged(plans, home)
        what = "bridged by the kernel"
    except NetlinkError:
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
