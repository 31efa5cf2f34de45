"""What a guest reads: ext4 images, made without root, and the archive that a kernel unpacks as its first files."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from tools.kernels.trouble import run

_MIB = 1 << 20


def make_image(directory: Path, image: Path) -> None:
    """Writes `directory` as an ext4 file system for reading only: no journal, hardly any room. Raises `Trouble`."""
    files = [path for path in directory.rglob("*") if not path.is_symlink()]
    used = sum(path.stat().st_size for path in files if path.is_file())
    size = (used * 5 // 4 + len(files) * 4096) // _MIB + 32
    fresh = image.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    run(
        [
            "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-E", "root_owner=0:0,lazy_itable_init=1",
            "-N", str(len(files) + 2048), "-d", directory, fresh, f"{size}M",
        ],
        600,
    )  # fmt: skip
    os.replace(fresh, image)


def cpio(files: Mapping[str, bytes | None], executable: frozenset[str] = frozenset()) -> bytes:
    """A "newc" archive: None is a directory. Parents stand before what is in them (usr/gen_init_cpio.c, the kernel's)."""
    written = bytearray()
    for number, (name, content) in enumerate({**files, "TRAILER!!!": b""}.items(), start=1):
        permissions = 0o755 if content is None or name in executable else 0o644
        mode = (stat.S_IFDIR if content is None else stat.S_IFREG) | permissions
        data = content or b""
        path = name.encode() + b"\0"
        # magic, inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, no checksum
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        written += b"070701" + b"".join(b"%08X" % field for field in fields) + path
        written += bytes(-len(written) % 4) + data
        written += bytes(-len(written) % 4)
    return bytes(written)
