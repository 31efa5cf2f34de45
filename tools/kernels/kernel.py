"""A Debian kernel: chosen by a word, a package or a file; unpacked; with its modules as a disk."""

from __future__ import annotations

import lzma
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.kernels.architecture import Architecture
from tools.kernels.archive import Archive, Mirrors, Package, unpack
from tools.kernels.disks import make_image
from tools.kernels.trouble import Trouble, run

#: Which release of Debian has which kernel.
SUITES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie", "newest": "sid"}
#: What the first process needs in order to read its disks.
BOOT_MODULES = ("virtio_pci", "virtio_blk", "ext4")
#: A kernel's image, its modules, and what is built in: since Linux 7 in packages of their own.
_PARTS = ("linux-image-", "linux-modules-", "linux-binary-", "linux-base-")


@dataclass(frozen=True, slots=True)
class Kernel:
    """One kernel, ready to be booted."""

    release: str
    version: str
    image: Path
    #: A disk for /lib/modules.
    modules: Path
    #: (name, content) of what is to be loaded before the disks can be read, in this order.
    boot_modules: tuple[tuple[str, bytes], ...]


def get_kernel(word: str, cache: Path, of: Mirrors, machine: Architecture) -> Kernel:
    """The kernel that `word` names: 5.10, 6.1, 6.12, newest; NAME or NAME=VERSION of a package; FILE.deb, or several joined by
    commas. Raises `Trouble`."""
    if word.endswith(".deb"):
        files = [Path(file) for file in word.split(",")]
        lost = next((file for file in files if not file.is_file()), None)
        if lost:
            raise Trouble(f"{lost}: there is no such file")
        return prepare(files, cache / "kernels" / "+".join(file.stem for file in files))
    archive, packages = find_packages(word, cache, of, machine)
    if not packages:
        raise Trouble(f"{word} is a package, and no kernel comes with it")
    return prepare(archive.download(packages), cache / "kernels" / packages[0].file)


def find_packages(
    word: str, cache: Path, of: Mirrors, machine: Architecture
) -> tuple[Archive, list[Package]]:
    """The packages of the kernel that `word` names, and the release that has them. Raises `Trouble`."""
    home = cache / "archives"
    if word in SUITES:
        archive = Archive(SUITES[word], home, of, machine)
        return archive, parts_of(archive.needed_for([machine.latest]))
    if not word.startswith("linux-image-"):
        known = ", ".join(SUITES)
        raise Trouble(f"{word} is no kernel: {known}, a package linux-image-…[=VERSION], or a file FILE.deb")
    said = ""
    for suite in SUITES.values():
        archive = Archive(suite, home, of, machine)
        try:
            return archive, parts_of(archive.needed_for([word]))
        except Trouble as trouble:
            said = str(trouble)
    raise Trouble(
        f"no release of Debian that is looked at ({', '.join(SUITES.values())}) has {word}; the last said: {said}"
    )


def parts_of(packages: Iterable[Package]) -> list[Package]:
    """Of all that a kernel's package depends on, the kernel: neither what builds its initrd, nor packages without a release
    in their name, which only depend on others."""
    return [
        package for package in packages if package.name.startswith(_PARTS) and re.search(r"-\d", package.name)
    ]


def prepare(files: Sequence[Path], home: Path) -> Kernel:
    """Unpacks a kernel's packages under `home`, once. Raises `Trouble`."""
    tree = home / "tree"
    if not (home / "done").exists():
        shutil.rmtree(home, ignore_errors=True)
        unpack(files, tree)
        release = only(path.name for path in _modules(tree).iterdir())
        _unfold(tree, release)
        make_image(tree / "lib/modules", home / "modules.ext4")
        (home / "done").touch()
    release = only(path.name for path in (tree / "lib/modules").iterdir())
    directory = tree / "lib/modules" / release
    lost = [name for name in ("modules.dep", "modules.builtin") if not (directory / name).exists()]
    images = (tree / f"boot/vmlinuz-{release}", directory / "vmlinuz")
    image = next((path for path in images if path.exists()), None)
    if image is None or lost:
        what = "kernel image" if image is None else lost[0]
        packages = ", ".join(file.name for file in files)
        raise Trouble(f"{packages}: no {what}, which may be in a package of its own")
    boot = boot_order(
        (directory / "modules.dep").read_text(), (directory / "modules.builtin").read_text(), BOOT_MODULES
    )
    loaded = tuple((path.rpartition("/")[2], (directory / path).read_bytes()) for path in boot)
    return Kernel(release, version_of(files), image, home / "modules.ext4", loaded)


def version_of(files: Sequence[Path]) -> str:
    """Debian's version of a kernel, as its package says."""
    return run(["dpkg-deb", "--field", files[0], "Version"], 60).strip()


def _modules(tree: Path) -> Path:
    for directory in (tree / "lib/modules", tree / "usr/lib/modules"):
        if directory.is_dir():
            return directory
    raise Trouble("no modules in the kernel's package, which may be a package of their own")


def _unfold(tree: Path, release: str) -> None:
    """Puts the modules into /lib/modules, uncompressed, so that whatever loads them can; and finds what needs what."""
    modules = _modules(tree)
    if modules != tree / "lib/modules":
        (tree / "lib").mkdir(exist_ok=True)
        modules.rename(tree / "lib/modules")
        modules = tree / "lib/modules"
    for path in modules.rglob("*.ko.xz"):
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()
    run(["depmod", "-b", tree.absolute(), release], 300)


def only(names: Iterable[str]) -> str:
    """The one of `names`. Raises `Trouble` where they are not one."""
    listed = list(names)
    if len(listed) != 1:
        raise Trouble(f"a package of one kernel was expected, and it has modules of {len(listed)}")
    return listed[0]


def boot_order(dependencies: str, builtin: str, wanted: Sequence[str]) -> list[str]:
    """The files of `wanted` modules after those that they need, by modules.dep; what is built in needs none. Raises `Trouble`."""
    needs: Mapping[str, list[str]] = {
        path: needed.split()
        for path, _, needed in (line.partition(":") for line in dependencies.splitlines())
    }
    by_name = {_name(path): path for path in needs}
    inside = {_name(path) for path in builtin.split()}
    ordered: dict[str, None] = {}
    for name in wanted:
        if name in by_name:
            # modules.dep lists all that a module needs, the last to be loaded first.
            ordered |= dict.fromkeys([*reversed(needs[by_name[name]]), by_name[name]])
        elif name not in inside:
            raise Trouble(
                f"this kernel has no module {name}, so it cannot read its disks: is it a kernel for virtual machines?"
            )
    return list(ordered)


def _name(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".xz").removesuffix(".ko").replace("-", "_")
