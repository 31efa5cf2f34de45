"""Who bound a UNIX name, and who takes what is sent to it."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.situation import Cause, Situation


def binder(world: World, address: Value, kind: str = "") -> int | None:
    """The inode of the socket that a call of bind gave this name last, as it is written in the lesson; None where none did.

    ``kind``: only of sockets of this type.
    A lab may give an abstract name a prefix of its own, so that the kernel's rows need not have the name as it was written.
    """
    found = acts.last(
        call
        for call in _binds(world, address)
        if not kind or (call.receiver is not None and call.receiver.type == kind)
    )
    if found is not None and found.receiver is not None:
        return found.receiver.inode
    return _given_by_the_kernel(world, address, kind)


def _given_by_the_kernel(world: World, address: Value, kind: str) -> int | None:
    """The same of a name that no call of bind gave: net/unix/af_unix.c, unix_autobind."""
    wanted = _plain(address) if isinstance(address, str | bytes) and address else None
    return next(
        (
            row.inode
            for row in world.rows.values()
            if row.family == "AF_UNIX"
            and row.inode
            and (row.type == "SOCK_DGRAM" or row.is_listening)
            and isinstance(row.local, str | bytes)
            and _plain(row.local) == wanted
            and (not kind or row.type == kind)
        ),
        None,
    )


def binders(world: World, address: Value) -> list[int]:
    """Those of all the sockets that a call of bind has given this name, one after the other."""
    return [call.receiver.inode for call in _binds(world, address) if call.receiver is not None]


def _binds(world: World, address: Value) -> Iterator[Call]:
    wanted = _plain(address) if isinstance(address, str | bytes) else None
    return (
        call
        for call in acts.over(world, "bind")
        if len(call.arguments) > 1
        and isinstance(call.arguments[1], str | bytes)
        and _plain(call.arguments[1]) == wanted
    )


def taker(world: World, call: Call) -> int | None:
    """The inode of the UNIX socket that what the call sends is for: by the address beside it, else by its socket's peer."""
    held = call.receiver
    if held is None or held.family != "AF_UNIX":
        return None
    given = call.arguments[-1] if call.name in ("sendto", "sendmsg") and len(call.arguments) > 2 else None
    if isinstance(given, str):
        return binder(world, given)
    known = world.sockets.get(held.inode)
    if known is not None and known.peer_inode:
        return known.peer_inode
    made = acts.last(acts.on(world, held.inode, "connect"))
    return binder(world, made.arguments[1]) if made is not None and len(made.arguments) > 1 else None


def _plain(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")


#: include/uapi/linux/limits.h: of one name between two slashes, and of a whole path with the zero at its end.
_NAME_MAX, _PATH_MAX = 255, 4096


def too_long_a_path(s: Situation) -> Cause:
    """ENAMETOOLONG of a call that is given a path."""
    given = s.call.arguments[0] if s.call.arguments else None
    if not isinstance(given, str | bytes):
        return Cause()
    longest = max(map(len, _plain(given).split(b"/")))
    if longest > _NAME_MAX:
        told = _("a name of {count} bytes is more than a file's has (NAME_MAX: {most})")
        return Cause(told.format(count=longest, most=_NAME_MAX))
    if len(_plain(given)) >= _PATH_MAX:
        told = _("a path of {count} bytes is more than a call takes (PATH_MAX: {most}, its end included)")
        return Cause(told.format(count=len(_plain(given)), most=_PATH_MAX))
    return Cause()
