"""Durations as C: Python's seconds, which may have a fraction, as a ``struct timeval``."""

from __future__ import annotations

from sockviz.calls.c.writing import Writing
from sockviz.model.values import Json


def timeval(writer: Writing, seconds: Json, name: str, remark: str = "") -> None:
    """Declares `name` with so many seconds, and says why."""
    writer.need("sys/time.h")
    match seconds:
        case ["value", int() | float() as number]:
            whole, rest = divmod(round(float(number) * 1_000_000), 1_000_000)
            writer.line(f"struct timeval {name} = {{.tv_sec = {whole}, .tv_usec = {rest}}};{remark}")
        case _:
            wait = writer.operand(seconds)
            writer.line(f"struct timeval {name} = {{.tv_sec = (time_t){wait}}};")
            writer.line(f"{name}.tv_usec = (suseconds_t)(({wait} - (double){name}.tv_sec) * 1000000);")
