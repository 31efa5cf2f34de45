"""A new file; and why one, or a directory, cannot be made, in a sentence. Nothing that is there is written over."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TextIO

from sockviz.language import _, said_by_system


class NotWritten(OSError):
    """What was to be written could not be, and nothing of it is left. ``strerror`` says why, and what to do."""


def why_not_made(path: Path, error: OSError) -> str:
    """What stands in the way of a new `path`, and what to do. `error` is what the system said when it was to be made."""
    if isinstance(error, NotWritten):
        return error.strerror or ""
    match error.errno:
        case errno.EEXIST:
            return _in_the_way(path)
        case errno.ENOENT if not os.path.isdir(path.parent):
            return _("there is no directory {parent}; make it first").format(parent=path.parent)
        case errno.ENOTDIR:
            return _("{parent} is not a directory; name another").format(parent=path.parent)
        case errno.ENOENT | errno.EACCES | errno.EPERM | errno.EROFS:
            refused = _("nothing new can be made in {parent} ({error}); name another directory")
            return refused.format(parent=path.parent, error=said_by_system(error))
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            full = _("there is no room for it ({error}); make some, or name another place")
            return full.format(error=said_by_system(error))
    return said_by_system(error)


def new_file(directory: Path, stem: str, suffix: str, *, numbered: bool = False) -> TextIO:
    """A new file: of that name, or with a number where there is one of it, or it is to be ``numbered``. Raises OSError."""
    number = 1
    while True:
        name = f"{stem}.{number}{suffix}" if number > 1 or numbered else f"{stem}{suffix}"
        try:
            return (directory / name).open("x", encoding="utf-8")
        except FileExistsError:
            number += 1


def _in_the_way(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except OSError:  # gone since
        return _("this file exists; name another, or remove it")
    if stat.S_ISLNK(mode) and not os.path.exists(path):
        target = os.readlink(path)
        return _("this is a link to {target}, which does not exist; name another, or remove the link").format(
            target=target
        )
    if os.path.isdir(path):
        return _("this is a directory; name a new file, perhaps in it")
    if os.path.isfile(path):
        return _("this file exists; name another, or remove it")
    return _("this is a device or a pipe, not a file that can be made; name a new file")
