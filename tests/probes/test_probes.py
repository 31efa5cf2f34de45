from __future__ import annotations

import errno
import io
import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sockviz import doctor
from sockviz.probes.advice import Settings
from sockviz.probes.machine import probe_machine, release_numbers, usable_labs
from sockviz.probes.probe import ISOLATED, TWO_HOSTS, Probe
from sockviz.probes.terminal import probe_terminal
from tests.lab import refusing
from tests.required import unavailable
from tests.served import Server, server

ROOT = Path(__file__).parents[2]
STEPS = [
    "unshare(CLONE_NEWUSER)",
    "setgroups",
    "uid_map",
    "gid_map",
    "unshare(CLONE_NEWNET)",
    "unshare(CLONE_NEWPID)",
]


@dataclass(frozen=True)
class Answer:
    code: int
    said: dict[str, Any]

    def probe(self, name: str, area: str = "") -> dict[str, Any]:
        (found,) = (p for p in self.said["probes"] if p["name"] == name and p["area"].startswith(area))
        assert isinstance(found, dict)
        return found

    def isolated(self, name: str) -> str:
        """What became of a step of the isolated lab: its errno, or what was found."""
        probe = self.probe(name, ISOLATED)
        return str(probe["errno"] or probe["found"])


def doctor_under(*before: str) -> Answer:
    """What `sockviz doctor --json` says where `before` stands before it."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "sockviz", "doctor", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return answer_of(done)


def doctor_refused(ordinary: Server, *rules: str) -> Answer:
    """What it says to an ordinary user who is refused what `rules` say."""
    return answer_of(ordinary.run("doctor", "--json", environment=os.environ, refused=rules))


def answer_of(done: subprocess.CompletedProcess[str]) -> Answer:
    assert not done.stderr, done.stderr
    return Answer(done.returncode, json.loads(done.stdout))


@pytest.fixture
def refusals() -> None:
    if not refusing.is_supported():
        unavailable("refusing.py does not know this machine's system calls")


@pytest.fixture(scope="session")
def ordinary(ordinary_user: tuple[str, ...]) -> Server:
    """Runs as an ordinary user, in processes that have begun already."""
    return server(ordinary_user)


@pytest.fixture(scope="session")
def unhindered(ordinary_user: tuple[str, ...]) -> Answer:
    """What an ordinary user is told where nothing is refused by us."""
    return doctor_under(*ordinary_user)


@pytest.fixture(scope="session")
def allowed(ordinary_user: tuple[str, ...], unhindered: Answer) -> tuple[str, ...]:
    """The ordinary user, where this machine lets that user have an isolated lab: then a refusal is ours."""
    if not unhindered.said["labs"]["isolated"]:
        unavailable("this machine allows no isolated lab")
    return ordinary_user


@pytest.fixture(scope="session")
def free(allowed: tuple[str, ...]) -> Server:
    """Runs as that user, in processes that have begun already."""
    return server(allowed)


def test_every_probe_says_what_it_found_and_every_refusal_what_it_costs(unhindered: Answer) -> None:
    answer = unhindered
    assert answer.said["kernel"] == os.uname().release
    assert len({(p["area"], p["name"]) for p in answer.said["probes"]}) == len(answer.said["probes"])
    for probe in answer.said["probes"]:
        assert probe["found"]
        if probe["ok"] or probe["found"] == "not reached":
            assert (probe["errno"], probe["costs"]) == (None, "")
        else:
            assert probe["costs"]
    assert answer.said["ok"] == any(answer.said["labs"].values()) == (answer.code == 0)


def test_it_leaves_nothing_behind_and_agrees_with_itself(tmp_path: Path) -> None:
    progress = tmp_path / "data" / "sockviz" / "progress.toml"
    first, second = probe_machine(progress), probe_machine(progress)
    assert [(p.name, p.ok, p.errno) for p in first] == [(p.name, p.ok, p.errno) for p in second]
    assert list(tmp_path.iterdir()) == []  # the autouse fixture looks after descriptors and processes


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize(
    ("rule", "step", "name", "costs"),
    [
        ("unshare:EPERM", "unshare(CLONE_NEWUSER)", "EPERM", "seccomp filter"),
        ("unshare[0]=0x40000000:ENOSPC", "unshare(CLONE_NEWNET)", "ENOSPC", "user.max_net_namespaces"),
        ("/proc/self/uid_map:EPERM", "uid_map", "EPERM", "security module"),
        ("ioctl[1]=0x8914:EPERM", "lo up", "EPERM", "security module"),
    ],
)
def test_a_refused_step_names_itself_and_those_after_it_were_not_reached(
    free: Server, rule: str, step: str, name: str, costs: str
) -> None:
    answer = doctor_refused(free, rule)
    order = [
        "a process for it",
        *STEPS,
        "its first process",
        "lo up",
        "AF_PACKET inside",
        "set-up",
        "a lesson process",
    ]
    at = order.index(step)
    expected = ["allowed"] * at + [name] + ["not reached"] * (len(order) - at - 1)
    assert [answer.isolated(each) for each in order] == expected
    refused = answer.probe(step, ISOLATED)
    assert costs in refused["enable"]
    assert "own loopback" in refused["costs"]
    assert answer.said["labs"] == {"host": True, "isolated": False, "two-hosts": False}
    assert answer.code == 0


@pytest.mark.usefixtures("refusals")
def test_what_is_refused_is_found_refused_and_lessons_still_run(free: Server) -> None:
    refused = {
        "socket[0]=17:EAFNOSUPPORT": ["AF_PACKET inside", "packet capture on lo"],
        "socket[0]=10:EADDRNOTAVAIL": ["IPv6 loopback"],
        "/proc/net/.*:EACCES": ["/proc/net tables", "counters"],
        "/proc/[0-9]+/syscall:EPERM": ["/proc/PID/syscall"],
        "/proc/[0-9]+/wchan:ENOENT": ["/proc/PID/wchan"],
        "getxattr:ENODATA": ["sockprotoname"],
        "ptrace:EPERM": ["ptrace and seccomp"],
        "pidfd_open:ENOSYS": ["pidfd_open"],
        "/proc/sys/net/.*:EROFS": ["sysctls inside"],
    }
    answer = doctor_refused(free, *refused)
    for rule, names in refused.items():
        for name in names:
            assert answer.probe(name)["errno"] == rule.rpartition(":")[2], name
            assert answer.probe(name)["costs"], name
    assert answer.said["labs"] == {"host": True, "isolated": True, "two-hosts": False}


@pytest.mark.usefixtures("refusals")
def test_without_netlink_its_probes_are_not_reached_and_lessons_still_run(free: Server) -> None:
    answer = doctor_refused(free, "socket[0]=16:EPERM")
    assert answer.probe("NETLINK_SOCK_DIAG socket")["errno"] == "EPERM"
    assert answer.probe("sock_diag TCP")["found"] == "not reached"
    assert answer.isolated("sock_diag inside") == "EPERM"
    assert answer.said["labs"] == {"host": True, "isolated": True, "two-hosts": False}


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize(
    ("rule", "probe"),
    [
        ("/proc/[0-9]+/stat:EACCES", "/proc/PID/stat"),
        ("/proc/[0-9]+/fd:EACCES", "/proc/PID/fd"),
        ("fcntl[1]=10:EINVAL", "lifeline (O_ASYNC, F_SETSIG)"),
        ("bind:EPERM", "TCP loopback"),
    ],
)
def test_without_the_least_there_is_no_lab(ordinary: Server, rule: str, probe: str) -> None:
    answer = doctor_refused(ordinary, rule)
    assert answer.probe(probe)["errno"]
    assert answer.said["labs"] == {"host": False, "isolated": False, "two-hosts": False}
    assert (answer.code, answer.said["ok"]) == (1, False)


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize(
    ("rule", "step", "name", "advice"),
    [
        ("socket[0]=16:EPERM", "veth pairs", "EPERM", "AF_NETLINK"),
        ("/proc/sys/net/ipv6/conf/.*:EROFS", "IPv6 off the link", "EROFS", "systempaths=unconfined"),
        ("ioctl[1]=0x8946:EPERM", "offloads off", "EPERM", "security module"),
        ("socket[0]=17:EAFNOSUPPORT", "the wire's sockets", "EAFNOSUPPORT", "modprobe af_packet"),
    ],
)
def test_a_refused_step_of_two_hosts_costs_those_lessons_only(
    free: Server, rule: str, step: str, name: str, advice: str
) -> None:
    answer = doctor_refused(free, rule)
    found = {p["name"]: p["errno"] or p["found"] for p in answer.said["probes"] if p["area"] == TWO_HOSTS}
    at = list(found).index(step)
    assert [*found.values()][:at] == ["allowed"] * at
    assert [*found.values()][at:] == [name, *["not reached"] * (len(found) - at - 1)]
    refused = answer.probe(step, TWO_HOSTS)
    assert advice in refused["enable"]
    assert "recording" in refused["costs"]
    assert answer.said["labs"] == {"host": True, "isolated": True, "two-hosts": False}
    assert (answer.code, answer.said["ok"]) == (0, True)


@pytest.mark.usefixtures("allowed")
def test_a_handshake_crosses_the_link(unhindered: Answer) -> None:
    answer = unhindered
    assert "SYN, SYN+ACK and ACK crossed" in answer.probe("a handshake", TWO_HOSTS)["found"]
    assert answer.probe("set-up", TWO_HOSTS)["found"].endswith(" ms")


def test_no_user_namespaces_left(allowed: tuple[str, ...]) -> None:
    limited = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
    answer = doctor_under(*allowed, "unshare", "-Ur", "sh", "-c", limited, "sh")
    assert answer.isolated("unshare(CLONE_NEWUSER)") == "ENOSPC"
    assert "user.max_user_namespaces=1000 (now 0 here" in answer.probe("unshare(CLONE_NEWUSER)")["enable"]


def test_no_new_privs_forbids_nothing(allowed: tuple[str, ...]) -> None:
    assert doctor_under("setpriv", "--no-new-privs", *allowed).said["labs"] == {
        "host": True,
        "isolated": True,
        "two-hosts": True,
    }


def test_too_few_descriptors() -> None:
    answer = doctor_under("prlimit", "--nofile=24")
    assert "24" in answer.probe("open files")["found"]
    assert not answer.probe("open files")["ok"]


@pytest.mark.parametrize("limit", ["256", "256:4096", "1024"])
def test_as_many_descriptors_as_many_machines_allow_do(limit: str) -> None:
    answer = doctor_under("prlimit", f"--nofile={limit}")
    assert answer.probe("open files")["ok"]
    assert answer.said["labs"]["host"]


def test_a_home_that_cannot_be_written(ordinary: Server, tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "file")}
    answer = answer_of(ordinary.run("doctor", "--json", environment=environment))
    assert not answer.probe("progress")["ok"]
    assert "--progress" in answer.probe("progress")["enable"]
    assert answer.code == 0


@pytest.mark.parametrize(
    ("environment", "name", "ok", "said"),
    [
        ({}, "TERM", False, "TERM is not set"),
        ({"TERM": "dumb"}, "TERM", False, "TERM is dumb"),
        ({"TERM": "dumb"}, "colours", False, "none"),
        ({"TERM": "xterm"}, "colours", True, "16 "),
        ({"TERM": "xterm-256color"}, "colours", True, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "colours", True, "16 million"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "colours", True, "none"),
    ],
)
def test_the_terminals_settings(environment: dict[str, str], name: str, ok: bool, said: str) -> None:
    (probe,) = (probe for probe in probe_terminal(environment) if probe.name == name)
    assert probe.ok is ok
    assert probe.found.startswith(said)


@pytest.mark.parametrize(
    ("encoding", "ok"), [("utf-8", True), ("UTF8", True), ("ascii", False), ("iso8859-1", False)]
)
def test_the_terminals_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str, ok: bool) -> None:
    with io.TextIOWrapper(io.BytesIO(), encoding=encoding) as out:
        monkeypatch.setattr(sys, "stdout", out)
        (probe,) = (probe for probe in probe_terminal({}) if probe.name == "UTF-8")
    assert probe.ok is ok


@pytest.mark.parametrize(("size", "ok"), [((80, 24), True), ((79, 24), False), ((200, 20), False)])
def test_the_terminals_size(size: tuple[int, int], ok: bool) -> None:
    leader, terminal = pty.openpty()
    script = (
        "import sys; from sockviz.probes.terminal import probe_terminal\n"
        "print([probe for probe in probe_terminal() if probe.ok], file=sys.stderr)"
    )
    with os.fdopen(leader), os.fdopen(terminal) as follower:
        subprocess.run(["stty", "cols", str(size[0]), "rows", str(size[1])], stdin=follower, check=True)
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, stdin=follower, stdout=follower, stderr=subprocess.PIPE, text=True,
            check=True, env={**os.environ, "TERM": "xterm"},
        )  # fmt: skip
    assert "standard input" in done.stderr
    assert "standard output" in done.stderr
    assert (f"{size[0]}×{size[1]}" in done.stderr) is ok


# --- the text ---------------------------------------------------------------------------------------------------------


def test_the_text_names_areas_marks_costs_and_what_it_means() -> None:
    probes = (
        Probe(
            "isolated lab", "uid_map", False, "Operation not permitted", "EPERM", "no lab", "sudo sysctl x=0"
        ),
        Probe("isolated lab", "lo up", False, "not reached"),
        Probe("terminal", "TERM", True, "xterm"),
    )
    lines = doctor.as_lines(probes, 100)
    assert "isolated lab" in lines
    assert "  ✗ uid_map  EPERM: Operation not permitted" in lines
    assert "             costs: no lab" in lines
    assert "             to enable: sudo sysctl x=0" in lines
    assert "  · lo up    not reached" in lines
    assert "  ✓ TERM     xterm" in lines
    assert "  ✗ isolated loopback: cannot be used (uid_map: EPERM)." in lines
    assert lines[-1].startswith("  No lesson can be performed here.")


def test_no_line_is_wider_than_asked_but_for_a_word_that_cannot_be_cut() -> None:
    probes = probe_machine()
    for width in (40, 80, 110):
        for line in doctor.as_lines(probes, width):
            assert len(line) <= width or len(line.split("  ")[-1].split()) == 1, line


def test_a_stream_without_unicode_gets_ascii() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as out:
        doctor.run(as_json=False, out=out)
        out.flush()
        text = raw.getvalue().decode("ascii")
    assert "  + Python" in text
    assert "?" not in text


# --- advice -----------------------------------------------------------------------------------------------------------


def machine(root: Path, **files: str) -> Settings:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Settings(root)


def test_ubuntus_and_debians_settings_are_named_with_their_values(tmp_path: Path) -> None:
    ubuntu = machine(tmp_path / "u", proc__sys__kernel__apparmor_restrict_unprivileged_userns="1\n")
    assert "kernel.apparmor_restrict_unprivileged_userns=0 (now 1)" in ubuntu.for_namespace(
        "/proc/self/uid_map", errno.EPERM
    )
    debian = machine(tmp_path / "d", proc__sys__kernel__unprivileged_userns_clone="0\n")
    assert debian.for_namespace("unshare(CLONE_NEWUSER)", errno.EPERM) == (
        "sudo sysctl kernel.unprivileged_userns_clone=1 (now 0)"
    )
    neither = machine(tmp_path / "n", proc__sys__kernel__apparmor_restrict_unprivileged_userns="0\n")
    assert "apparmor_restrict" not in neither.for_namespace("/proc/self/uid_map", errno.EPERM)


def test_yama_and_hidepid_are_named_where_they_stand_in_the_way(tmp_path: Path) -> None:
    mounts = "22 28 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible\n"
    strict = machine(
        tmp_path / "s", proc__sys__kernel__yama__ptrace_scope="2\n", proc__self__mountinfo=mounts
    )
    assert "ptrace_scope=1 (now 2)" in strict.for_process(errno.EPERM, "syscall")
    assert "hidepid=invisible" in strict.for_process(errno.EPERM, "syscall")
    assert "ptrace_scope" not in strict.for_process(errno.EACCES, "stat")
    assert "ptrace_scope=1 (now 2)" in strict.for_tracing()
    usual = machine(
        tmp_path / "m", proc__sys__kernel__yama__ptrace_scope="1\n"
    )  # descendants may be looked at
    assert "ptrace_scope" not in usual.for_process(errno.EPERM, "syscall")


@pytest.mark.usefixtures("refusals")
def test_what_a_tracer_may_not_look_into_is_named(allowed: tuple[str, ...]) -> None:
    answer = doctor_under(*allowed, *refusing.command("process_vm_readv:EPERM", "pidfd_getfd:EPERM"))
    assert answer.probe("ptrace and seccomp")["ok"]
    for name in ("process_vm_readv", "pidfd_getfd", "lines of Python"):
        assert answer.probe(name)["costs"], name


def test_containers_are_told_of_their_own_options(tmp_path: Path) -> None:
    docker = machine(tmp_path, **{".dockerenv": "", "proc__self__status": "Name:\tx\nSeccomp:\t2\n"})
    assert "docker run --security-opt seccomp=" in docker.for_namespace("unshare(CLONE_NEWUSER)", errno.EPERM)
    assert "--cap-add=NET_RAW" in docker.for_capture(errno.EPERM)
    assert "--cap-add" not in Settings(tmp_path / "elsewhere").for_capture(errno.EPERM)


# --- other systems ----------------------------------------------------------------------------------------------------


def test_elsewhere_it_says_so_and_stops() -> None:
    script = """
import os, socket, sys, platform
sys.platform = "darwin"
platform.system = lambda: "Darwin"
for module, names in {socket: ("AF_NETLINK", "AF_PACKET", "SOCK_CLOEXEC"), os: ("pidfd_open", "pipe2", "getxattr")}.items():
    for name in names:
        delattr(module, name)
sys.modules["resource"] = sys.modules["termios"] = None
from sockviz import doctor
from sockviz.lab import shell
codes = doctor.run(as_json=False, out=sys.stdout), shell.run(out=sys.stdout, err=sys.stdout)
assert codes == (1, 1), codes
assert not [name for name in sys.modules if name.startswith("sockviz.kernel")]
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "✗ Linux" in done.stdout
    assert "plays recordings" in " ".join(done.stdout.split())


def test_it_needs_no_textual_and_no_fcntl() -> None:
    script = """
import sys
sys.modules["fcntl"] = None
import sockviz.probes.machine, sockviz.lab.shell
del sys.modules["fcntl"]
import sockviz.doctor
assert "textual" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("release", "numbers"),
    [("6.18.44-generic", (6, 18)), ("5.10", (5, 10)), ("6.1-rc2", (6, 1)), ("hurd", None)],
)
def test_releases(release: str, numbers: tuple[int, int] | None) -> None:
    assert release_numbers(release) == numbers


def test_a_lab_needs_its_process_and_a_way_to_see_it() -> None:
    seen = [Probe("processes", f"/proc/PID/{name}", True, "read") for name in ("stat", "fd", "fdinfo")]
    table = Probe("the kernel's view", "/proc/net tables", True, "read")
    inside = Probe("isolated lab", "a lesson process", True, "started")
    assert usable_labs([*seen, table, inside]) == {"host": False, "isolated": True, "two-hosts": False}
    assert usable_labs([*seen, inside]) == {"host": False, "isolated": False, "two-hosts": False}
    assert usable_labs([*seen[1:], table, inside]) == {"host": False, "isolated": False, "two-hosts": False}


# --- the labs themselves, where something is refused --------------------------------------------------------------------


def degraded(who: Server, *rules: str) -> dict[str, Any]:
    """What a server asleep in accept looks like in the best lab that can be had where `rules` are refused."""
    done = who.run(program="degraded", environment=os.environ, refused=rules)
    assert not done.stderr, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("refusals")
def test_without_netlink_the_tables_of_proc_are_read(free: Server) -> None:
    found = degraded(free, "socket[0]=16:EPERM")
    assert found["kind"] == "isolated"
    assert found["listeners"] == [[["127.0.0.1", 8080], 0, "/proc/net/tcp"]]  # which has no backlog
    assert "diag" in found["missing"]


@pytest.mark.usefixtures("refusals")
def test_without_namespaces_and_netlink_the_host_is_read_from_proc(ordinary: Server) -> None:
    found = degraded(ordinary, "unshare:EPERM", "socket[0]=16:EPERM")
    assert found["kind"] == "host"
    assert found["fallback"] == "unshare(CLONE_NEWUSER): EPERM, Operation not permitted"
    assert [interface for _, _, interface in found["listeners"]] == ["/proc/net/tcp"]
    assert "private" not in found["facts"]


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize(
    ("rules", "evidence"),
    [
        (["/proc/[0-9]+/syscall:EPERM"], [None, "/proc/PID/wchan"]),
        (["/proc/[0-9]+/(syscall|wchan):EACCES"], [None, "/proc/PID/stat"]),
    ],
)
def test_sleep_is_known_from_what_may_be_read(free: Server, rules: list[str], evidence: list[object]) -> None:
    assert degraded(free, *rules)["asleep"] == evidence


@pytest.mark.usefixtures("refusals")
def test_facts_that_are_refused_are_missing_with_their_reason(free: Server) -> None:
    found = degraded(free, "socket[0]=17:EPERM", "/proc/.*/net/netstat:EACCES", "getxattr:EPERM")
    assert (found["kind"], found["facts"]) == ("isolated", ["private", "ipv6"])
    assert "Operation not permitted" in found["missing"]["packets"]
    assert "EACCES" in found["missing"]["counters"]
    assert found["protocol"] is None


@pytest.mark.usefixtures("refusals")
@pytest.mark.parametrize(
    ("rules", "step", "number"),
    [
        (["/(var/)?tmp/sockviz-lab-.*/lock:EROFS"], "making a temporary directory", errno.EROFS),
        (["unshare:EPERM", "prctl:EINVAL"], "prctl", errno.EINVAL),
    ],
)
def test_no_lab_at_all_is_an_answer_and_no_traceback(
    ordinary: Server, rules: list[str], step: str, number: int
) -> None:
    found = degraded(ordinary, *rules)
    assert found["refused"].startswith(step)
    assert found["errno"] == number


@pytest.mark.usefixtures("refusals")
def test_a_process_that_cannot_start_is_an_answer(ordinary: Server) -> None:
    found = degraded(ordinary, "fcntl[1]=10:EINVAL")
    assert found["not started"] == "the lifeline (F_SETOWN, F_SETSIG, O_ASYNC): EINVAL, Invalid argument"
