"""The tool that performs the course on other kernels: what it reads and writes, without a machine."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sockviz.lesson.parser import parse_lesson
from sockviz.probes.probe import WALLS
from tests.required import unavailable
from tools.kernels.architecture import ARCHITECTURES
from tools.kernels.archive import Mirrors, Package, parse_mirrors, parse_simulation, sources
from tools.kernels.course import Outcome, example, held, problems, read, steps, table, walls
from tools.kernels.disks import cpio
from tools.kernels.kernel import Kernel, boot_order, find_packages, get_kernel, parts_of
from tools.kernels.machine import boot, first_files
from tools.kernels.trouble import Trouble, run

ROOT = Path(__file__).parents[2]
MACHINE = ARCHITECTURES["amd64"]
OF = Mirrors("http://main.invalid/debian", "http://security.invalid/debian")

SIMULATED = """\
NOTE: This is only a simulation!
Inst libkmod2 (34.2-2+b2 Debian:unstable [amd64])
Inst linux-modules-7.2.13+deb14-cloud-amd64 (7.2.13-1 Debian:unstable [amd64]) []
Inst linux-image-7.2.13+deb14-cloud-amd64 (7.2.13-1 Debian:unstable [amd64])
Inst linux-base-7.2.13+deb14-cloud-amd64 (7.2.13-1 Debian:unstable [amd64])
Inst linux-base (4.17 Debian:unstable [all])
Inst linux-base-cloud-amd64 (7.2.13-1 Debian:unstable [amd64])
Inst linux-image-cloud-amd64 (7.2.13-1 Debian:unstable [amd64])
Conf libkmod2 (34.2-2+b2 Debian:unstable [amd64])
"""


def lesson(path: str, *, skipped: str | None = None, message: str | None = None) -> dict[str, Any]:
    said = [{"line": 12, "column": 1, "kind": "expectation", "message": message}] if message else []
    return {"path": path, "ok": not said and not skipped, "skipped": skipped, "problems": said}


def report(*lessons: dict[str, Any]) -> dict[str, Any]:
    return {"ok": all(not each["problems"] for each in lessons), "lessons": list(lessons)}


def probe(name: str, found: str, *, ok: bool = True) -> dict[str, Any]:
    return {"area": WALLS, "name": name, "ok": ok, "found": found}


def results(path: Path, files: dict[str, str]) -> Path:
    """A disk as the guest leaves it: a tar, and zeros after it."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    path.write_bytes(written.getvalue() + bytes(1 << 16))
    return path


def done(*ran: tuple[str, int | None], release: str = "6.1.0") -> str:
    listed = [{"name": name, "code": code, "seconds": 61.5} for name, code in ran]
    return json.dumps({"release": release, "whole": True, "steps": listed})


def test_the_mirrors_are_those_of_this_machines_apt() -> None:
    listing = "http://a.invalid/debian/ Debian\nhttp://node.invalid/ nodistro\nhttp://s.invalid/debian/ Debian-Security\n"
    assert parse_mirrors(listing) == Mirrors("http://a.invalid/debian/", "http://s.invalid/debian/")
    with pytest.raises(Trouble, match="apt-get update"):
        parse_mirrors("http://archive.invalid/ubuntu Ubuntu\n")


def test_unstable_has_no_security_archive() -> None:
    assert sources("bookworm", OF) == [
        "deb http://main.invalid/debian bookworm main",
        "deb http://security.invalid/debian bookworm-security main",
    ]
    assert sources("sid", OF) == ["deb http://main.invalid/debian sid main"]
    assert sources("bookworm", Mirrors("http://main.invalid/debian", None)) == [
        "deb http://main.invalid/debian bookworm main"
    ]


def test_of_what_a_kernel_depends_on_only_the_kernel_is_taken() -> None:
    assert parts_of(parse_simulation(SIMULATED)) == [
        Package("linux-modules-7.2.13+deb14-cloud-amd64", "7.2.13-1"),
        Package("linux-image-7.2.13+deb14-cloud-amd64", "7.2.13-1"),
        Package("linux-base-7.2.13+deb14-cloud-amd64", "7.2.13-1"),
    ]


def test_an_epoch_in_a_files_name() -> None:
    assert Package("zlib1g", "1:1.2.13.dfsg-1").file == "zlib1g_1%3a1.2.13.dfsg-1"


@pytest.mark.parametrize(
    ("word", "said"),
    [("7.0", "is no kernel: 5.10, 6.1, 6.12, newest"), ("no/such.deb", "no/such.deb: there is no such file")],
)
def test_a_word_that_names_no_kernel(word: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=said):
        get_kernel(word, tmp_path, OF, MACHINE)


def test_a_release_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    if shutil.which("apt-get") is None:
        unavailable("apt-get is not installed")
    unreachable = Mirrors((tmp_path / "nothing").as_uri(), None)
    with pytest.raises(Trouble, match=r"^Debian bullseye: apt-get update: "):
        find_packages("5.10", tmp_path, unreachable, MACHINE)


DEPENDENCIES = """\
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
"""


def test_modules_are_loaded_after_those_that_they_need() -> None:
    order = boot_order(DEPENDENCIES, "kernel/fs/ext4/ext4.ko\n", ("virtio_pci", "virtio_blk", "ext4"))
    assert [path.rpartition("/")[2] for path in order] == [
        "virtio_ring.ko", "virtio.ko", "virtio_pci.ko", "virtio_blk.ko",
    ]  # fmt: skip
    with pytest.raises(Trouble, match="no module ext4"):
        boot_order(DEPENDENCIES, "", ("ext4",))


def unpacked(archive: bytes) -> dict[str, tuple[str, bytes]]:
    """Mode and content of each file, as Documentation/driver-api/early-userspace/buffer-format.rst of the kernel says."""
    files: dict[str, tuple[str, bytes]] = {}
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * field : at + 14 + 8 * field], 16) for field in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + length - 1].decode()
        content = at + 110 + length + -(110 + length) % 4
        if name == "TRAILER!!!":
            return files
        files[name] = (f"{mode:o}", archive[content : content + size])
        at = content + size + -size % 4


def test_the_first_files_are_an_archive_as_the_kernel_reads_it() -> None:
    assert unpacked(cpio({"d": None, "d/a": b"odd", "d/run": b"#!/x"}, frozenset({"d/run"}))) == {
        "d": ("40755", b""),
        "d/a": ("100644", b"odd"),
        "d/run": ("100755", b"#!/x"),
    }


def test_the_first_files_hold_what_is_to_be_done() -> None:
    kernel = Kernel("6.1.0", "6.1", Path("image"), Path("modules"), (("b.ko", b"B"), ("a.ko", b"A")))
    archive = first_files(kernel, b"busybox", steps(), {"readme.md": b"a lesson"})
    for part in (
        b"init\0",
        b"bin/busybox\0",
        b"modules/order\0",
        b"b.ko\na.ko\n",
        b"guest/perform.py\0",
        b"a lesson",
    ):
        assert part in archive
    assert b'"name": "isolated"' in archive


def machine(directory: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Puts a program in qemu's place."""
    program = directory / "qemu-system-x86_64"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return Kernel("6.1.0", "6.1", directory / "vmlinuz", directory / "modules.ext4", ())


def test_a_machine_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = machine(tmp_path, 'echo $$ >"$(dirname "$0")/pid"; exec sleep 600', monkeypatch)
    with pytest.raises(Trouble, match=r"did not turn itself off within 2 s: .*console\.txt"):
        boot(MACHINE, kernel, [], b"", tmp_path, 2)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_machine_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = machine(tmp_path, "echo no such disk >&2; exit 1", monkeypatch)
    with pytest.raises(Trouble, match="qemu ended with 1 and said: no such disk"):
        boot(MACHINE, kernel, [], b"", tmp_path, 60)


def test_a_machine_is_given_its_disks_for_reading_and_one_for_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = machine(tmp_path, 'printf "%s\\n" "$@" >"$(dirname "$0")/arguments"', monkeypatch)
    written = boot(MACHINE, kernel, [tmp_path / "a,b"], b"first", tmp_path, 60)
    assert written.stat().st_size > 0
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert f"file={tmp_path}/a,,b,format=raw,if=none,id=disk0,readonly=on" in arguments
    assert f"file={written},format=raw,if=none,id=disk1,readonly=off" in arguments
    assert arguments[arguments.index("-nic") + 1] == "none"


def test_the_readmes_lesson_is_one() -> None:
    assert parse_lesson(example((ROOT / "README.md").read_text()), "readme.md").pages
    with pytest.raises(Trouble, match="shows no lesson"):
        example("# nothing\n")


def test_what_the_guest_left_is_read(tmp_path: Path) -> None:
    whole = report(
        lesson("/x/01-a.es.md"),
        lesson("/x/01-a.md"),
        lesson("/x/02-b.md", message="does not hold"),
        lesson("/x/06-c.md", skipped="one host"),
        lesson("/x/exercises/e/exercise.md", skipped="no cc"),
        lesson("/x/exercises/f/exercise.md", skipped="no cc"),
        lesson("/x/exercises/g/exercise.md", message="does not hold"),
        lesson("/x/exercises/h/exercise.md"),
        lesson("/x/exercises/h/exercise.es.md"),
    )
    files = {
        "done.json": done(("doctor", 0), ("readme", 0), ("isolated", 1), ("host", 0)),
        "doctor.out": json.dumps(
            {"probes": [probe("seccomp", "86 calls"), probe("Landlock", "version 2: holds files")]}
        ),
        "readme.out": json.dumps(report(lesson("/r/readme.md"))),
        "isolated.out": json.dumps(whole),
        "host.out": json.dumps(report(lesson("/x/01-a.md"))),
    }
    outcome = read(results(tmp_path / "disk", files), "6.1.0", "6.1-1")
    assert not outcome.ok
    assert outcome.trouble == ()
    assert (
        table([outcome]).splitlines()[-1]
        == "| 6.1.0 | 1 of 2, not 02-b | 1 of 1 | 1 of 2, not g | 1 of 1 | seccomp, Landlock 2 |"
    )
    assert problems(outcome) == [
        "6.1.0, isolated: 02-b.md:12:1: does not hold",
        "6.1.0, isolated: g/exercise.md:12:1: does not hold",
        "6.1.0, isolated: skipped: one host: 06-c.md",
        "6.1.0, isolated: skipped: no cc: e/exercise.md, f/exercise.md",
    ]


def test_without_a_second_wall() -> None:
    assert walls({"probes": [probe("Landlock", "Function not implemented", ok=False)]}) == "none"
    assert walls(None) == "none"


def test_a_step_without_a_report_is_told(tmp_path: Path) -> None:
    files = {
        "done.json": done(("doctor", 0), ("readme", 3), ("isolated", None), release="5.10.0"),
        "doctor.out": "{}",
        "readme.err": "Traceback\nKeyError: 1\n",
    }
    outcome = read(results(tmp_path / "disk", files), "6.1.0", "6.1-1")
    assert outcome.trouble == (
        "Linux 5.10.0 ran",
        "readme: ended with 3 and said: KeyError: 1",
        "isolated: did not end within 62 s",
        "host: the machine ended before it",
    )
    assert not outcome.ok
    assert held(outcome.reports["host"]) == "not performed"


def test_a_disk_that_the_guest_never_wrote(tmp_path: Path) -> None:
    empty = tmp_path / "disk"
    empty.write_bytes(bytes(1 << 16))
    with pytest.raises(Trouble, match="left no results"):
        read(empty, "6.1.0", "6.1-1")


def test_all_held() -> None:
    reports = dict.fromkeys(("readme", "isolated", "host"), report(lesson("/x/01-a.md")))
    assert Outcome("6.1.0", "6.1-1", dict(reports), {}).ok
    assert not Outcome("6.1.0", "6.1-1", dict(reports), {}, ("host: no",)).ok


def test_a_program_that_hangs_or_fails_or_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="did not end within 0 s"):
        run(["sleep", "60"], 0.05)
    with pytest.raises(Trouble, match="ended with 2 and said: gone"):
        run(["sh", "-c", "echo gone >&2; exit 2"], 60)
    with pytest.raises(Trouble, match="nosuch is not installed"):
        run(["nosuch"], 60)
    run(["echo", "there"], 60, out=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "there\n"
