"""Remembers parsed TCP rows, so that a thousand idle connections are not parsed anew at every look. No I/O."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from struct import Struct

from sockviz.dataclass import replace
from sockviz.kernel.inet_diag import EXPIRES, INET_DIAG_INFO, expires, parse_inet_row
from sockviz.model.sockets import SocketRow

_TIMER = 2  # idiag_timer
_COOKIE = slice(44, 52)
_HEADER = 72
_ATTRIBUTE = Struct("=2H")  # length, type
# tcpi_last_data_sent, last_ack_sent, last_data_recv and last_ack_recv: they only count elapsed time.
_ELAPSED_AT, _ELAPSED_SIZE = 44, 16


class KnownRows:
    """The rows of the last dump by cookie, each with its message.

    A message that differs from the last one of its socket in nothing but elapsed times gives the row that is known
    (its ``raw`` then shows the earlier times); of one with a timer, that row with when it expires now.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[bytes, int, SocketRow]] = {}

    def rows(self, payloads: Iterable[bytes], now: float) -> list[SocketRow]:
        """The rows of a whole TCP dump. Raises `BadMessage`."""
        before, self._known = self._known, {}
        found = []
        for data in payloads:
            cookie = data[_COOKIE]
            known = before.get(cookie)
            if known is None or not _same(known[0], data, known[1]):
                known = data, _elapsed(data), parse_inet_row(data, socket.IPPROTO_TCP, now)
            elif known[2].timer is not None:
                row = replace(known[2], expires=expires(data, now), raw=data)
                known = data, known[1], row
            self._known[cookie] = known
            found.append(known[2])
        return found


def _same(old: bytes, new: bytes, elapsed: int) -> bool:
    if old[: EXPIRES.start] != new[: EXPIRES.start]:
        return False
    if not old[_TIMER] and old[EXPIRES] != new[EXPIRES]:
        return False
    if not elapsed:
        return old[EXPIRES.stop :] == new[EXPIRES.stop :]
    end = elapsed + _ELAPSED_SIZE
    return old[EXPIRES.stop : elapsed] == new[EXPIRES.stop : elapsed] and old[end:] == new[end:]


def _elapsed(data: bytes) -> int:
    """Where in `data` the elapsed times of its tcp_info begin; 0 where it has none."""
    offset = _HEADER
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if kind == INET_DIAG_INFO:
            return offset + _ATTRIBUTE.size + _ELAPSED_AT
        offset += max((length + 3) & ~3, _ATTRIBUTE.size)
    return 0
