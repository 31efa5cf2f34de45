"""What differs between the machines that a kernel is tried on: Debian's names, and qemu's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """One of them. ``debian`` is what apt calls it, ``wheels`` what pip does (PEP 600); `linker` and `libraries` are where a
    program of Debian's has its dynamic linker and its libraries, relative to /."""

    debian: str
    wheels: str
    linker: str
    libraries: str
    #: qemu's program, with what makes it such a machine.
    qemu: tuple[str, ...]
    #: Where the kernel's words go.
    console: str
    #: What is a link into /usr since Debian 12.
    links: tuple[str, ...]

    @property
    def latest(self) -> str:
        """The package that depends on a release's newest kernel for virtual machines: small, and with all that is needed."""
        return f"linux-image-cloud-{self.debian}"


ARCHITECTURES = {
    each.debian: each
    for each in (
        Architecture(
            "amd64", "x86_64", "usr/lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu",
            ("qemu-system-x86_64", "-cpu", "max"), "ttyS0", ("bin", "sbin", "lib", "lib64"),
        ),
        Architecture(
            "arm64", "aarch64", "usr/lib/ld-linux-aarch64.so.1", "usr/lib/aarch64-linux-gnu",
            # What signs pointers costs a computed machine dearly, unless it is done in a way of qemu's own.
            ("qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"), "ttyAMA0", ("bin", "sbin", "lib"),
        ),
    )
}  # fmt: skip
