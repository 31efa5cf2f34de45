"""What sockviz does to a student's program that any kernel may do: the event that says so, one of `sockviz.model.events`."""

from __future__ import annotations

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Treated:
    """sockviz did what a kernel or a network may do, by a `rule` of an exercise (`sockviz.words.worst_kernel` has words for
    it): let a `call` of `process` move `allowed` of the `wanted` bytes; stopped and continued it in that call; lost the `frame`.
    Where none of these is named, the rule holds from here on for the whole lab."""

    at: float
    rule: str
    process: str = ""
    call: int = 0
    task: int = 0
    allowed: int | None = None
    wanted: int | None = None
    frame: int | None = None
