"""Which multicast groups each host takes in."""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lab.lab import Observation
from sockviz.model.groups import ALL_HOSTS, JOINING
from sockviz.model.linux.options import option_of
from sockviz.model.segments import is_group
from sockviz.model.values import Value


@dataclass(slots=True)
class JoinedGroups:
    """Learns from calls and looks. Nobody has joined any before some call was to; of a host whose groups nobody looks at it is
    then not known which."""

    _groups: dict[str, frozenset[str]] = field(default_factory=dict)  # by host, as last seen
    _any: bool = False

    def sets(self, level: Value, option: Value) -> None:
        """A call is to set an option of a socket."""
        named = option_of(level, option)
        self._any = self._any or (named is not None and named.name in JOINING)

    def saw(self, look: Observation) -> None:
        """A host is looked at."""
        self._groups[look.host] = frozenset(joined.group for joined in look.groups)

    def takes_in(self, host: str, address: str) -> bool:
        """Whether a host takes what is sent to an address: of a group, where one of its sockets has joined it."""
        if not is_group(address) or address in ALL_HOSTS:
            return True
        groups = self._groups.get(host)
        return address in groups if groups else self._any
