"""The options that have been set on sockets, as the calls that set them returned: by inode, so that dup and fork share them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from sockviz.dataclass import dataclass, replace
from sockviz.model.call import RECEIVING, Call
from sockviz.model.ledger import ledger
from sockviz.model.linux.options import JOINING
from sockviz.model.values import SocketValue, Value

#: Level and number; of a membership also its group.
OptionKey: TypeAlias = tuple[int, int, bytes]
#: What no kernel has: the limit that Python's own socket object keeps (settimeout), waiting in poll itself.
PYTHONS = -1
_TIMEOUT: OptionKey = (PYTHONS, 0, b"")
#: Joins of the kernel, and how many bytes at the beginning of their value are the group.
_GROUPS = {(0, 35): 4, (41, 20): 16, (0, 39): 4, (0, 42): 24}
#: SO_RCVTIMEO and SO_SNDTIMEO, old and new.
_TIMES = frozenset({(1, 20), (1, 21), (1, 66), (1, 67)})
#: Where MSG_PEEK looks next: whatever receives moves it.
_PEEK_OFF: OptionKey = (1, 42, b"")
#: More than a socket has options: no recording makes a world of any size.
_MOST = 256
#: accept copies its listener's socket, but for these: measured on Linux 6.18 (net/core/sock.c, sk_clone_lock; of TCP's
#: net/ipv4/inet_connection_sock.c, inet_csk_clone_lock, which empties what belongs to the accept queue).
_NOT_INHERITED = frozenset({(1, 12), (1, 49), (6, 9), (6, 12), (6, 23)})
#: Of AF_UNIX the connected end is a new socket: it has these only (net/unix/af_unix.c, unix_accept).
_INHERITED_BY_UNIX = frozenset({(1, 16), (1, 34)})


@dataclass(frozen=True, slots=True)
class SetOption:
    """One option of one socket, and the call that set it.

    ``value`` is what was asked for. ``default`` and ``now`` are what getsockopt said right before the first such call on that
    socket, and right after this one; None where nobody asked, or the kernel does not tell. ``inherited``: accept took it over
    from the listener, on which it was set.
    """

    level: int
    number: int
    value: Value
    default: Value
    now: Value
    process: str
    call: int
    fd: int
    inherited: bool = False

    @property
    def in_effect(self) -> Value:
        """What it is: as the kernel says; of a time below 0, of which getsockopt says 0 (net/core/sock.c, sock_get_timeout), what
        was asked."""
        return self.value if self.now is None or self._is_no_time else self.now

    @property
    def _is_no_time(self) -> bool:
        return (
            (self.level, self.number) in _TIMES
            and isinstance(self.value, bytes)
            and int.from_bytes(self.value[:8], "little", signed=True) < 0
        )

    @property
    def is_default(self) -> bool:
        """Whether it is again what it would be if nobody had set it; where that is not known, whether it is off."""
        if self._is_no_time:
            return False
        if self.default is None or self.now is None:
            return (self.level == PYTHONS and self.value is None) or self.value in (0, False)
        return self.now == self.default

    @property
    def differs(self) -> bool:
        """Whether the kernel has another number than was asked for: SO_RCVBUF is doubled, SO_MAXSEG waits for the handshake."""
        return isinstance(self.value, int) and isinstance(self.now, int) and int(self.value) != int(self.now)


SetOptions: TypeAlias = Mapping[OptionKey, SetOption]


def options_after(
    call: Call, was: Value, now: Value, known: Mapping[int, SetOptions]
) -> dict[int, SetOptions]:
    """The options of the sockets whose options `call`, which returned, has changed. `was` and `now`: see `CallReturned`."""
    held = call.receiver
    if held is None:
        return {}
    if call.name == "accept":
        return _accepted(held, call, known)
    if call.name in RECEIVING:
        return _peeked(held.inode, now, known.get(held.inode, {}))
    key, value = _set_by(call)
    if key is None:
        return {}
    before = known.get(held.inode, {})
    ending = JOINING.get((key[0], key[1]))
    if ending is not None:
        left = (*ending, key[2])
        return {held.inode: ledger(before).but({}, [left])} if left in before else {}
    first = before.get(key)
    if first is None and len(before) >= _MOST:
        return {}
    option = SetOption(
        key[0], key[1], value, first.default if first is not None else was, now, call.process, call.number, held.fd
    )  # fmt: skip
    return {held.inode: ledger(before).but({key: option})}


def _peeked(inode: int, now: Value, options: SetOptions) -> dict[int, SetOptions]:
    place = options.get(_PEEK_OFF)
    if place is None or not isinstance(now, int) or now == place.now:
        return {}
    moved = {_PEEK_OFF: replace(place, now=now)}
    return {inode: ledger(options).but(moved)}


def _set_by(call: Call) -> tuple[OptionKey | None, Value]:
    """What a call sets, and to what."""
    match call.name, call.arguments[1:]:
        case "setsockopt", (int(level), int(number), value, *_):
            return (int(level), int(number), _group(level, number, value)), value
        case "settimeout", (None | int() | float() as seconds, *_):
            return _TIMEOUT, seconds
        case "setblocking", (blocks, *_):
            return _TIMEOUT, None if blocks else 0
    return None, None


def _group(level: int, number: int, value: Value) -> bytes:
    size = _GROUPS.get(JOINING.get((level, number), (level, number)), 0)
    return value[:size] if size and isinstance(value, bytes) else b""


def _accepted(listener: SocketValue, call: Call, known: Mapping[int, SetOptions]) -> dict[int, SetOptions]:
    match call.value:
        case (SocketValue(inode=inode), *_) if inode and (theirs := known.get(listener.inode)):
            is_unix = listener.family == "AF_UNIX"
            found = {
                key: replace(option, inherited=True)
                for key, option in theirs.items()
                if key[0] != PYTHONS
                and not key[2]
                and (key[:2] in _INHERITED_BY_UNIX if is_unix else key[:2] not in _NOT_INHERITED)
            }
            return {inode: found} if found else {}
    return {}
