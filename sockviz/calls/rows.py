"""What one row of the table of calls says. Its C is in `sockviz.calls.c`, by the row's key."""

from __future__ import annotations

from sockviz.calls.signature import Restriction, Signature
from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Row(Signature):
    """One function or method that a lesson may call.

    ``is_call``: it is an event of the timeline. ``named``: its parameters may be given by name.
    """

    may_block: bool = False
    is_call: bool = True
    named: bool = False
    restriction: Restriction | None = None
