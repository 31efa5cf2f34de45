"""Remembers what a descriptor of a process refers to, while its fdinfo says that it is the same. No I/O."""

from __future__ import annotations

import re

from sockviz.model.sockets import FdEntry
from sockviz.pattern import pattern

#: fs/proc/fd.c, seq_show: the inode's number, since Linux 5.14. With the mount's it identifies a socket or pipe.
_INODE = pattern(rb"^mnt_id:\s*\d+\nino:\s*(\d+)\n", re.MULTILINE)


class KnownDescriptors:
    """Descriptors of the last look by path, each with the fdinfo that was read with it.

    Only sockets and pipes: their numbers are never another's, and nothing renames them. A socket's protocol is the name of its
    file and stays what it was when the socket was made (net/socket.c, sockfs_xattr_get), even past IPV6_ADDRFORM.
    """

    def __init__(self) -> None:
        self._before: dict[str, tuple[bytes, FdEntry]] = {}
        self._known: dict[str, tuple[bytes, FdEntry]] = {}

    def find(self, path: str, fdinfo: bytes) -> FdEntry | None:
        """The descriptor at `path`, where it is known and `fdinfo` is what was read with it."""
        known = self._known.get(path) or self._before.get(path)
        if known is None or known[0] != fdinfo:
            return None
        self._known[path] = known
        return known[1]

    def note(self, path: str, before: bytes, entry: FdEntry, after: bytes) -> None:
        """Remembers `entry`, if its fdinfo was the same before and after all else of it was read."""
        found = _INODE.search(before)
        if before != after or found is None or not entry.inode or int(found[1]) != entry.inode:
            return
        if not entry.is_socket or entry.protocol is not None:
            self._known[path] = (before, entry)

    def settle(self) -> None:
        """Forgets what was not asked for since this was last called."""
        self._before, self._known = self._known, {}
