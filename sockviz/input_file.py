"""The one way to open a file that somebody names: a regular file, of a size that what it should be can have.

Nothing here waits: a pipe would for its writer, and some devices act when they are opened at all. So what is no regular file is
said to be what it is, and is not opened.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, NoReturn

from sockviz.language import N_, _, said_by_system

#: Opening waits for nobody and takes no terminal for its own. Each where the system has it.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)
_KINDS = (
    (stat.S_ISDIR, N_("it is a directory; name a file in it")),
    (
        stat.S_ISFIFO,
        N_("it is a pipe, which may never end; save what comes through it in a file, and name that"),
    ),
    (stat.S_ISSOCK, N_("it is a socket; name a file")),
    (stat.S_ISCHR, N_("it is a device; name a file")),
    (stat.S_ISBLK, N_("it is a device; name a file")),
)
#: What to do about the system's usual refusals.
_NEXT = {
    errno.ENOENT: N_("check its name, and the directory that you are in"),
    errno.ENOTDIR: N_("a part of its name before the last is a file"),
    errno.EACCES: N_("ask its owner, or whoever owns its directory, to let you read it"),
    errno.ELOOP: N_("its links lead round in a circle: name the file that they were meant for"),
    errno.ENAMETOOLONG: N_("check its name"),
    errno.EIO: N_("it is damaged, or no file that can be read; try a copy of it"),
}


class NotAFile(OSError):
    """There is something of that name, but no file that could be what is wanted. ``strerror`` says what, and what to do."""


def open_input(path: Path, most: int) -> BinaryIO:
    """Opens a regular file of at most `most` bytes. Raises `NotAFile` and other OSErrors, each with a sentence for a person as
    its ``strerror`` and with the file's name."""
    try:
        _check(path, os.stat(path), most)  # before opening: a watchdog starts to count when it is opened
        descriptor = os.open(path, _FLAGS)
    except NotAFile:
        raise
    except OSError as error:
        _say(path, error)
    except ValueError:  # a name with a NUL, or not to be encoded here
        raise NotAFile(errno.EINVAL, _("no file can have this name"), str(path)) from None
    try:
        _check(path, os.fstat(descriptor), most)
        return open(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_input(path: Path, most: int) -> bytes:
    """All of a regular file of at most `most` bytes. Raises as `open_input`."""
    with open_input(path, most) as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            _say(path, error)
    if len(content) > most:  # /proc says of its files that they have 0 bytes
        raise _too_large(path, most)
    return content


def _check(path: Path, status: os.stat_result, most: int) -> None:
    for is_kind, what in _KINDS:
        if is_kind(status.st_mode):
            raise NotAFile(errno.EINVAL, _(what), str(path))
    if status.st_size > most:
        raise _too_large(path, most)


def _too_large(path: Path, most: int) -> NotAFile:
    text = _("it has more than {most} bytes, which this cannot have; name another file")
    return NotAFile(errno.EFBIG, text.format(most=most), str(path))


def _say(path: Path, error: OSError) -> NoReturn:
    raise explained(error, path) from None


def explained(error: OSError, path: Path) -> OSError:
    """`error` with the file's name, and with what to do about it; one that says so already as it is."""
    if isinstance(error, NotAFile):
        return error
    number = error.errno or errno.EIO
    following = _NEXT.get(number)
    text = said_by_system(number) + (f"; {_(following)}" if following else "")
    return OSError(number, text, str(path))
