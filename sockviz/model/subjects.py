"""What is asked about in a world: by a page's questions and expectations, say. A drawing keeps it in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.sockets import RowKey


@dataclass(frozen=True, slots=True)
class Subjects:
    """Of a socket (by inode) and of a row of the kernel's (by its key) the attributes that are asked for, as expressions name
    them. ``words`` are what else is named: ``packets``, ``link``, ``counters``, processes. ``values`` are the variables, by
    their process and name, whose values questions ask for."""

    sockets: Mapping[int, frozenset[str]] = field(default_factory=dict)
    rows: Mapping[RowKey, frozenset[str]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str]] = frozenset()
