"""What runs on every kernel: Debian's Python as a disk, and sockviz from this checkout as another, installed as pip does it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

from tools.kernels.architecture import Architecture
from tools.kernels.archive import Archive, Mirrors, unpack
from tools.kernels.disks import make_image
from tools.kernels.trouble import Trouble, run

#: The release whose Python is the oldest that sockviz supports (3.11).
SUITE = "bookworm"
#: kmod loads the modules that the kernel asks for, busybox is what starts and ends the machine, netbase knows the services; what
#: is written in C is compiled there.
PACKAGES = ("python3", "kmod", "busybox-static", "netbase", "gcc", "libc6-dev")
#: What the packages' scripts would have written. A machine that has just been installed has these.
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
}
DIRECTORIES = ("dev", "proc", "sys", "tmp", "run", "opt", "root", "etc")
#: What update-alternatives would have made.
PROGRAMS = {"cc": "gcc"}
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
#: Wheels are chosen for the guest's Python and C library, whatever this machine's are.
_MANYLINUX = ("manylinux2014", "manylinux_2_28", "manylinux_2_34")


class Userland:
    """The two disks, made under `home` when they are first asked for."""

    def __init__(self, cache: Path, of: Mirrors, machine: Architecture) -> None:
        self.machine = machine
        self.home = cache / "userland" / machine.debian / SUITE
        self.tree = self.home / "tree"
        self.archive = Archive(SUITE, cache / "archives", of, machine)

    @property
    def python(self) -> str:
        """Its Python's name, as python3.11."""
        return os.readlink(self.tree / "usr/bin/python3")

    @property
    def busybox(self) -> bytes:
        """A program that needs no library, and is many."""
        return (self.tree / "bin/busybox").read_bytes()

    def system(self) -> Path:
        """The disk for /. Raises `Trouble`."""
        image = self.home / "system.ext4"
        if not image.exists():
            shutil.rmtree(self.tree, ignore_errors=True)
            for name in (*DIRECTORIES, *(f"usr/{link}" for link in self.machine.links)):
                (self.tree / name).mkdir(parents=True, exist_ok=True)
            for link in self.machine.links:
                (self.tree / link).symlink_to(f"usr/{link}")
            unpack(self.archive.download(self.archive.needed_for(PACKAGES)), self.tree)
            (self.tree / "lib/modules").mkdir(exist_ok=True)
            for link, program in PROGRAMS.items():
                (self.tree / "usr/bin" / link).symlink_to(program)
            for name, text in FILES.items():
                (self.tree / name).write_text(text)
            self._compile(self.tree / "usr/lib" / self.python, f"/usr/lib/{self.python}")
            make_image(self.tree, image)
        return image

    def installed(self, checkout: Path) -> Path:
        """The disk for /opt: a virtual environment with the wheel of `checkout` and what it depends on. Raises `Trouble`."""
        tree, wheels, image = self.home / "opt", self.home / "wheels", self.home / "opt.ext4"
        for old in (tree, wheels):
            shutil.rmtree(old, ignore_errors=True)
        environment = tree / "sockviz"
        (environment / "bin").mkdir(parents=True)
        (environment / "bin/python3").symlink_to(f"/usr/bin/{self.python}")
        (environment / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
        packages = environment / "lib" / self.python / "site-packages"
        run([*_PIP, "wheel", "--no-deps", "--wheel-dir", wheels, checkout], 600)
        platforms = (f"--platform={each}_{self.machine.wheels}" for each in _MANYLINUX)
        theirs = ("--python-version", self.python.removeprefix("python"), "--only-binary=:all:", *platforms)
        run([*_PIP, "install", "--no-compile", *theirs, "--target", packages, *wheels.glob("*.whl")], 600)
        self._compile(packages, f"/opt/sockviz/lib/{self.python}/site-packages")
        make_image(tree, image)
        return image

    def _compile(self, directory: Path, there: str) -> None:
        """Compiles modules before the guest has them: it cannot write beside them, and would do it again and again. The guest's
        own Python does it; where this is another kind of machine, this one, if it is of the same version."""
        source = directory.absolute()
        options = (
            "--invalidation-mode",
            "unchecked-hash",
            "-x",
            "/lib2to3/tests/",
            "-s",
            source,
            "-p",
            there,
            source,
        )
        try:
            run([*self._compiler(), "-B", "-m", "compileall", "-q", *options], 900)
        except Trouble as trouble:
            message = f"the guest's Python does not run here, so nothing can be prepared for it: {trouble}"
            raise Trouble(message) from None

    def _compiler(self) -> tuple[str | Path, ...]:
        tree, own = self.tree.absolute(), f"python{sys.version_info.major}.{sys.version_info.minor}"
        if platform.machine() != self.machine.wheels and own == self.python:
            return (sys.executable,)
        libraries = ("--library-path", tree / self.machine.libraries)
        return (tree / self.machine.linker, *libraries, tree / "usr/bin" / self.python)
