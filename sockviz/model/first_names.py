"""The names that are bound in every process from its start, in every lab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sockviz.model.hosts import SERVER

if TYPE_CHECKING:
    from sockviz.model.lab_facts import LabFacts

#: In a private network every run has the same, so that recordings and pictures agree.
PRIVATE_PORTS = (8080, 8081, 8082, 8083, 8084)
#: Where there is one host, it is reached here.
LOCALHOST, LOCALHOST6 = "127.0.0.1", "::1"
#: The server's address in the lab, and ports that are free in it.
HOST, PORTS = "HOST", ("PORT", "PORT2", "PORT3", "PORT4", "PORT5")
BOUND = (HOST, *PORTS)


def first_names(address: str, ports: Sequence[int]) -> dict[str, str | int]:
    """What each of them is bound to, as far as there are ports."""
    return {HOST: address, **dict(zip(PORTS, ports, strict=False))}


def in_environment(facts: LabFacts) -> dict[str, str]:
    """What of them programs of the user's own find in their environment: HOST, where there are two hosts."""
    return {HOST: facts.addresses[SERVER]} if SERVER in facts.addresses else {}


def of_lab(facts: LabFacts) -> Mapping[str, str | int]:
    """What they are bound to in a lab: where there are two hosts, HOST is the server's address."""
    address = facts.addresses.get(SERVER) or next(iter(facts.addresses.values()), LOCALHOST)
    return first_names(address, facts.ports)
