"""What a run's lab was. Who opens a lab tells it before anything has happened, and need not load what follows a run for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LabFacts:
    """What a run's lab was: enough for a reader of its recording to judge what it shows.

    ``facts`` are what lessons may need: ``packets``, ``counters``, ``ipv6``, ``private``. ``sysctls`` are those that are
    not the kernel's default. ``addresses`` maps each host to its address; ``ports`` are PORT … PORT5.
    """

    kind: str  # "host", "isolated" or "two-hosts"
    facts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)  # what this lab cannot show, and why

    @property
    def has_packets(self) -> bool:
        """Whether the wire shows captured packets rather than inferred ones."""
        return "packets" in self.facts

    @property
    def captured(self) -> frozenset[str]:
        """The hosts whose packets are captured."""
        return frozenset(self.hosts) if self.has_packets else frozenset()
