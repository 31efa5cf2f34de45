"""A virtual machine, computed by qemu: no KVM and no rights are needed, and it reaches no network.

Its clock counts instructions and skips what is slept: to the guest it is a machine of one slow processor, however slow or busy
this one is. So a deadline that passes there would pass on such a machine too, and nothing fails for slowness alone.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.kernels.architecture import Architecture
from tools.kernels.disks import cpio
from tools.kernels.kernel import Kernel
from tools.kernels.trouble import Trouble, found

#: An instruction takes 2 to the power of this in nanoseconds: 500 million a second.
SHIFT = 1
#: Room for the results, and the memory, most of which is its disks (bytes).
RESULTS, MEMORY = 64 << 20, 3 << 30
#: Where the kernel's words go, and the guest's.
CONSOLE = "console.txt"
_GUEST = Path(__file__).parent / "guest"


@dataclass(frozen=True, slots=True)
class Step:
    """One command in the guest, and how long it may take by the guest's clock. `name` is a file name there."""

    name: str
    command: tuple[str, ...]
    seconds: float


def first_files(kernel: Kernel, busybox: bytes, steps: Sequence[Step], files: dict[str, bytes]) -> bytes:
    """The archive that `kernel` begins with: busybox, the modules for its disks, and what is to be done."""
    guest = {path.name: path.read_bytes() for path in sorted(_GUEST.iterdir()) if path.is_file()}
    guest |= files | {"steps.json": json.dumps([asdict(step) for step in steps]).encode()}
    order = "".join(f"{name}\n" for name, _ in kernel.boot_modules).encode()
    content: dict[str, bytes | None] = {
        "bin": None, "bin/busybox": busybox, "init": guest.pop("boot.sh"), "guest": None, "modules": None, "modules/order": order,
    }  # fmt: skip
    content |= {f"modules/{name}": module for name, module in kernel.boot_modules}
    content |= {f"guest/{name}": data for name, data in guest.items()}
    return cpio(content, frozenset({"bin/busybox", "init"}))


def boot(
    machine: Architecture, kernel: Kernel, disks: Sequence[Path], first: bytes, home: Path, seconds: float
) -> Path:
    """Runs the machine until it turns itself off; returns the results' disk. Raises `Trouble`, after which console.txt is kept.

    `disks` are for reading: /, /lib/modules, /opt.
    """
    results, console, initrd = home / "results.tar", home / CONSOLE, home / "initrd"
    initrd.write_bytes(first)
    with results.open("wb") as empty:
        empty.truncate(RESULTS)
    command = [
        found(machine.qemu[0]), *machine.qemu[1:], "-accel", "tcg,thread=single", "-icount", f"shift={SHIFT},sleep=off",
        # Where instructions are counted, a second processor does not start (seen with qemu 7.2).
        "-smp", "1", "-m", str(MEMORY >> 20),
        "-nodefaults", "-display", "none", "-nic", "none", "-no-reboot", "-serial", f"file:{console}",
        "-kernel", str(kernel.image), "-initrd", str(initrd),
        # A panic is a reboot, which -no-reboot makes an end. What guards against other processors' faults costs this one dearly.
        "-append", f"console={machine.console} panic=-1 oops=panic mitigations=off",
    ]  # fmt: skip
    for number, disk in enumerate([*disks, results]):
        access = "off" if disk == results else "on"
        file = str(disk).replace(",", ",,")
        command += ["-drive", f"file={file},format=raw,if=none,id=disk{number},readonly={access}"]
        command += ["-device", f"virtio-blk-pci,drive=disk{number}"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            what = f"it did not turn itself off within {seconds:.0f} s"
            raise Trouble(f"{what}: {console} has what its kernel said") from None
        finally:
            process.kill()  # nothing where it has ended
    if process.returncode:
        raise Trouble(
            f"qemu ended with {process.returncode} and said: {said.decode(errors='replace').strip()}"
        )
    return results
