"""Reads the small files of /proc, whole."""

from __future__ import annotations

import errno
import os

from sockviz.kernel.errors import KernelRefused

_BLOCK = 1 << 16


def read_file(path: str) -> bytes:
    """All of `path`. Raises `KernelRefused`; its ``is_missing`` says that there is no such file (any more)."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        # ENOENT: no such table, or the process is gone. EACCES, EPERM: another user's, or hidepid.
        raise KernelRefused(error.errno or errno.EIO, f"open {path}") from None
    try:
        blocks: list[bytes] = []
        while block := os.read(
            fd, _BLOCK
        ):  # fs/seq_file.c gives a page at a time, so a short read is not the end
            blocks.append(block)
        return blocks[0] if len(blocks) == 1 else b"".join(blocks)
    except OSError as error:
        # ESRCH: the process ended between open and read. EPERM: its memory may not be looked at.
        raise KernelRefused(error.errno or errno.EIO, f"read {path}") from None
    finally:
        os.close(fd)
