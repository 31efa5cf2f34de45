"""The seal on what a lesson process reports: only child.py in that process, and sockviz, can make it.

A lesson's calls are made in the process that reports them, so a lesson may one day come to hold the descriptor that reports go
through. What it writes there is not believed: each report is sealed with a key that reaches the process before any line of the
lesson, and never anything else; and with the report's place among all of them, so that none can be said twice.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

try:
    from _blake2 import (
        blake2b,  # what hashlib has, without all that hashlib imports: a process starts for each lesson's name
    )
except ImportError:
    from hashlib import blake2b

#: Bytes of a key, and of a seal.
KEY, SEAL = 32, 16


class Seal:
    """One end's count of the reports, and the key. Both ends make the same seals in the same order."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._place = 0

    def heir(self, number: int) -> Seal:
        """The seal of the child that the process's fork number `number` makes. Both ends derive it, so that no key is ever sent
        where a lesson's lines run already.
        """
        return Seal(blake2b(b"fork" + number.to_bytes(8, "big"), key=self._key, digest_size=KEY).digest())

    def next(self, report: bytes) -> bytes:
        """The seal of `report`, which comes next."""
        place = self._place.to_bytes(8, "big")
        self._place += 1
        made = blake2b(place, key=self._key, digest_size=SEAL)
        made.update(report)
        return made.digest()
