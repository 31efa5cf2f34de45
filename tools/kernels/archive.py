"""Packages of any Debian release, by apt with lists and caches of its own: what this machine has installed is not touched.

The mirrors are those that this machine's apt is set up with.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.kernels.architecture import Architecture
from tools.kernels.trouble import Trouble, run

#: How long apt may take for one command (seconds).
PATIENCE = 600.0
_INST = re.compile(r"^Inst (?P<name>\S+) \((?P<version>\S+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One package in one version."""

    name: str
    version: str

    @property
    def file(self) -> str:
        """The name that `apt-get download` gives it, without the architecture."""
        return f"{self.name}_{self.version.replace(':', '%3a')}"


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Where this machine's apt gets Debian from; `security` is None where it does without."""

    main: str
    security: str | None


def mirrors() -> Mirrors:
    """As `apt-get indextargets` tells. Raises `Trouble` where no Debian archive is among them."""
    listing = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", "Created-By: Packages"], PATIENCE
    )
    return parse_mirrors(listing)


def parse_mirrors(listing: str) -> Mirrors:
    """From lines of ``URI LABEL``. Raises `Trouble`."""
    by_label: dict[str, str] = {}
    for line in listing.splitlines():
        uri, _, label = line.partition(" ")
        by_label.setdefault(label, uri)
    if "Debian" not in by_label:
        raise Trouble("this machine's apt knows no Debian archive: run `apt-get update`, on Debian")
    return Mirrors(by_label["Debian"], by_label.get("Debian-Security"))


class Archive:
    """One release of Debian, for one kind of machine. Everything is kept under `home`."""

    def __init__(self, suite: str, home: Path, of: Mirrors, machine: Architecture) -> None:
        self.suite = suite
        self.machine = machine
        self.home = home / machine.debian / suite
        self.packages = self.home / "packages"
        for directory in (self.packages, self.home / "lists/partial", self.home / "cache/archives/partial"):
            directory.mkdir(parents=True, exist_ok=True)
        # An empty list of installed packages: what is asked for comes with all that it needs.
        (self.home / "status").touch()
        (self.home / "sources.list").write_text("".join(f"{line}\n" for line in sources(suite, of)))
        self._updated = False

    def needed_for(self, names: Sequence[str]) -> list[Package]:
        """What installing `names` into nothing would install. Raises `Trouble`."""
        self._update()
        return parse_simulation(self._apt("install", "--simulate", "--no-install-recommends", *names))

    def download(self, packages: Sequence[Package]) -> list[Path]:
        """The packages' files. Raises `Trouble`."""
        missing = [package for package in packages if not self._file(package)]
        if missing:
            self._update()
            self._apt(
                "download", *(f"{package.name}={package.version}" for package in missing), into=self.packages
            )
        files = [self._file(package) for package in packages]
        if not all(files):
            lost = next(package for package, file in zip(packages, files, strict=True) if not file)
            raise Trouble(f"apt-get has downloaded {lost.name} {lost.version}, but not as {lost.file}_*.deb")
        return [file for file in files if file]

    def _file(self, package: Package) -> Path | None:
        return next(iter(sorted(self.packages.glob(f"{package.file}_*.deb"))), None)

    def _update(self) -> None:
        if not self._updated:
            self._apt("update", "--error-on=any")
            self._updated = True

    def _apt(self, *words: str, into: Path | None = None) -> str:
        home = self.home.absolute()
        own = {
            "Dir::Etc::sourcelist": home / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "-",
            "Dir::Etc::preferencesparts": "-",
            "Dir::State": home,
            "Dir::State::lists": home / "lists",
            "Dir::State::status": home / "status",
            "Dir::Cache": home / "cache",
            "APT::Architecture": self.machine.debian,
            "APT::Architectures": self.machine.debian,
            # apt as root gives its rights away before it downloads, and could not write where we are.
            "APT::Sandbox::User": "root",
        }
        options = [word for name, value in own.items() for word in ("-o", f"{name}={value}")]
        try:
            return run(["apt-get", "-qq", *options, *words], PATIENCE, into=into)
        except Trouble as trouble:
            said = str(trouble).partition(" and said: ")[2] or str(trouble)
            raise Trouble(f"Debian {self.suite}: apt-get {words[0]}: {said}") from None


def sources(suite: str, of: Mirrors) -> list[str]:
    """The lines of a sources.list. What is unstable has no security archive."""
    lines = [f"deb {of.main} {suite} main"]
    if of.security and suite != "sid":
        lines.append(f"deb {of.security} {suite}-security main")
    return lines


def parse_simulation(listing: str) -> list[Package]:
    """The packages that `apt-get --simulate` would install."""
    return [Package(found["name"], found["version"]) for found in _INST.finditer(listing)]


def unpack(files: Sequence[Path], into: Path) -> None:
    """Unpacks packages one over the other, as files only: none of their scripts runs. Raises `Trouble`."""
    into.mkdir(parents=True, exist_ok=True)
    contents = into.with_suffix(".tar")
    for file in files:
        run(["dpkg-deb", "--fsys-tarfile", file], PATIENCE, out=contents)
        # Where /lib is a link to usr/lib, what older packages have in /lib goes there.
        run(
            ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-f", contents, "-C", into], PATIENCE
        )
    contents.unlink(missing_ok=True)
