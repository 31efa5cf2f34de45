"""Devices, addresses and neighbours as `ip` says they are, in a namespace that is thrown away."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sockviz.kernel.errors import KernelRefused
from sockviz.lab import confinement
from sockviz.lab.rtnetlink import Routes, device
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
MAC = "02:00:00:00:00:07"


def said_by_ip(*arguments: str) -> Any:
    return json.loads(subprocess.run(["ip", "-j", "-d", *arguments], check=True, capture_output=True).stdout)


def errno_of(function: Any, *arguments: Any) -> str:
    try:
        function(*arguments)
    except KernelRefused as refusal:
        return refusal.name
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "none"


def in_a_namespace() -> None:
    """Prints what `routes_and_ip` found, as JSON. To be run in a process of its own."""
    confinement.unshare_all()
    if pid := os.fork():  # the child is the namespace's pid 1: while it lives, others can be started there
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(json.dumps(routes_and_ip()))


def routes_and_ip() -> dict[str, Any]:
    """Everything that `Routes` can do, and what `ip` says of it."""
    other = confinement.new_network()
    away = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.close(other)
    confinement.new_network()
    with Routes() as routes:
        routes.add_veth(device("here"), device("there", MAC, away))
        routes.add_address("here", "10.1.2.3", 24)
        before = said_by_ip("link", "show", "here")
        routes.set_up("here")
        routes.add_neighbour("here", "10.1.2.4", MAC)
        refused = [
            errno_of(routes.add_veth, device("here"), device("another")),
            errno_of(routes.add_address, "here", "10.1.2.3", 24),
            errno_of(routes.add_neighbour, "here", "10.1.2.4", MAC),
            errno_of(routes.set_up, "nowhere"),
            errno_of(routes.add_address, "here", "10.1.2.5", 33),
        ]
        told = {
            "before": before, "refused": refused, "here": said_by_ip("link", "show", "here"),
            "addresses": said_by_ip("addr", "show", "here"), "neighbours": said_by_ip("neigh", "show"),
        }  # fmt: skip
        confinement.enter_network(away)
        told["there"] = said_by_ip("link", "show", "there")
    return told


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    if shutil.which("ip") is None:
        unavailable("iproute2's ip is not installed")
    script = "from tests.lab.test_rtnetlink import in_a_namespace; in_a_namespace()"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    if "sockviz.lab.confinement.StepRefused" in done.stderr:
        unavailable(f"this machine allows no private namespace: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_pair_of_devices_one_of_them_in_another_namespace(told: dict[str, Any]) -> None:
    (here,), (there,) = told["here"], told["there"]
    assert here["linkinfo"]["info_kind"] == there["linkinfo"]["info_kind"] == "veth"
    assert there["address"] == MAC
    assert (here["link_index"], there["link_index"]) == (there["ifindex"], here["ifindex"])


def test_a_device_is_down_until_it_is_set_up(told: dict[str, Any]) -> None:
    (before,), (after,) = told["before"], told["here"]
    assert "UP" not in before["flags"]
    assert "UP" in after["flags"]


def test_an_address_with_its_prefix(told: dict[str, Any]) -> None:
    (here,) = told["addresses"]
    (address,) = [each for each in here["addr_info"] if each["family"] == "inet"]
    assert (address["local"], address["prefixlen"], address["scope"]) == ("10.1.2.3", 24, "global")


def test_a_neighbour_for_good(told: dict[str, Any]) -> None:
    (neighbour,) = [each for each in told["neighbours"] if each["dst"] == "10.1.2.4"]
    assert (neighbour["dev"], neighbour["lladdr"], neighbour["state"]) == ("here", MAC, ["PERMANENT"])


def test_what_the_kernel_refuses_is_told_by_its_errno(told: dict[str, Any]) -> None:
    assert told["refused"] == ["EEXIST", "EEXIST", "EEXIST", "ENODEV", "EINVAL"]
