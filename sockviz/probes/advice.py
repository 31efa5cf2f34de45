"""How to enable what a machine refuses: which setting usually stands behind an errno, and what it is here now."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

#: What there is to do where no /proc is.
_PROC = "/proc mounted: mount -t proc proc /proc (bwrap --proc /proc)"
#: yama's ptrace_scope from which not even a descendant may be looked at without CAP_SYS_PTRACE.
_YAMA_ADMIN_ONLY = 2


def for_resources(number: int) -> str:
    """What there is too little of; nothing where the errno says no such thing."""
    if number in (errno.EAGAIN, errno.ENOMEM):
        return "more processes: `ulimit -u`, or the pids and memory limits of this container or session"
    if number in (errno.EMFILE, errno.ENFILE):
        return "more open files: `ulimit -n`"
    return ""


class Settings:
    """The machine's settings as they are now. `root` is where /proc and / are, for tests."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def sysctl(self, name: str) -> str | None:
        """The value of a sysctl; None where this kernel has none of that name or will not show it."""
        try:
            return (self._root / "proc/sys" / name.replace(".", "/")).read_text(encoding="utf-8").strip()
        except OSError:
            return None

    @property
    def has_seccomp(self) -> bool:
        """Whether a seccomp filter is on this process, as in most containers and sandboxes."""
        try:
            status = (self._root / "proc/self/status").read_text(encoding="utf-8")
        except OSError:
            return False
        return any(line.split() == ["Seccomp:", "2"] for line in status.splitlines())

    @property
    def is_container(self) -> bool:
        """Whether this looks like a Docker or Podman container."""
        return any((self._root / name).exists() for name in (".dockerenv", "run/.containerenv"))

    @property
    def hidepid(self) -> str | None:
        """The ``hidepid=`` that /proc is mounted with, if any."""
        try:
            mounts = (self._root / "proc/self/mountinfo").read_text(encoding="utf-8")
        except OSError:
            return None
        for line in mounts.splitlines():
            mount, _, filesystem = line.partition(" - ")
            if mount.split()[4:5] == ["/proc"]:
                words = f"{mount.split()[5]},{filesystem.split()[-1]}".split(",")
                return next((word for word in words if word.startswith("hidepid=") and word[8:] != "0"), None)
        return None

    def _filter(self, call: str) -> str:
        if not self.is_container:
            return f"a seccomp filter refuses {call}: run sockviz outside of this sandbox"
        return (
            f"this container's seccomp filter refuses {call}: docker run --security-opt seccomp=PROFILE with a profile that "
            "allows it (or seccomp=unconfined)"
        )

    def for_namespace(self, step: str, number: int) -> str:
        """What stands behind a refused step of making the isolated lab."""
        limits = {
            "unshare(CLONE_NEWUSER)": "user.max_user_namespaces",
            "unshare(CLONE_NEWNET)": "user.max_net_namespaces",
            "unshare(CLONE_NEWPID)": "user.max_pid_namespaces",
        }
        if number == errno.ENOSPC and step in limits:
            return self._for_limit(limits[step])
        if number == errno.ENOENT and step.startswith("/proc/"):
            return _PROC
        if enough := for_resources(number):
            return enough
        if number == errno.EINVAL and step in limits:
            return "a kernel built with CONFIG_USER_NS, CONFIG_NET_NS and CONFIG_PID_NS"
        reasons: list[str] = []
        if self.sysctl("kernel.unprivileged_userns_clone") == "0":  # Debian's and Arch's own
            reasons.append("sudo sysctl kernel.unprivileged_userns_clone=1 (now 0)")
        if self.sysctl("kernel.apparmor_restrict_unprivileged_userns") == "1":  # Ubuntu 23.10 and later
            reasons.append(
                "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 (now 1), or an AppArmor profile for this Python "
                "that says `userns,`"
            )
        if step.startswith("unshare") and self.has_seccomp:
            reasons.append(self._filter("unshare"))
        if not reasons and step.startswith("unshare"):
            reasons.append(
                "not in a chroot, and outside a sandbox or security module that forbids user namespaces"
            )
        elif not reasons:
            reasons.append(
                "a security module (AppArmor, SELinux) allows the namespace and then keeps its rights back"
            )
        return "; or ".join(reasons)

    def _for_limit(self, sysctl: str) -> str:
        """What stands behind ENOSPC: the limit of this user namespace, or of one around it (kernel/ucount.c, inc_ucount)."""
        now = self.sysctl(sysctl)
        if self.is_nested and now != "0":
            return (
                f"run sockviz outside of this sandbox: {sysctl} of a user namespace around it allows no more (bwrap "
                "--disable-userns sets it so), and cannot be changed from inside"
            )
        enough = 1000 if now is None or not now.isdecimal() or int(now) < 1000 else 2 * int(now)
        here = f"now {now} here; " if now else ""
        return f"sudo sysctl {sysctl}={enough} ({here}those of enclosing namespaces count too, and they nest 32 deep at most)"

    @property
    def is_nested(self) -> bool:
        """Whether this is in a user namespace that somebody made: the first one maps every number to itself."""
        try:
            mapped = (self._root / "proc/self/uid_map").read_text(encoding="utf-8").split()
        except OSError:
            return False
        return mapped[:3] != ["0", "0", "4294967295"]

    def for_sysctls(self, number: int) -> str:
        """What stands behind a file of /proc/sys that cannot be written."""
        read_only = "; containers mount it read-only (docker run --security-opt systempaths=unconfined)"
        return "a writable /proc/sys" + (read_only if number == errno.EROFS else "")

    def for_capture(self, number: int) -> str:
        """What stands behind a refused AF_PACKET socket on the machine's own loopback."""
        if number == errno.EAFNOSUPPORT:
            return "sudo modprobe af_packet" + ("; or " + self._filter("it") if self.has_seccomp else "")
        container = " (in a container: --cap-add=NET_RAW)" if self.is_container else ""
        return f"the isolated lab captures without any right; on the host it takes root or CAP_NET_RAW{container}"

    def for_netlink(self, number: int, modules: Sequence[str]) -> str:
        """What stands behind a refused sock_diag socket or dump."""
        if number in (errno.ENOENT, errno.EPROTONOSUPPORT):
            return f"sudo modprobe -a {' '.join(modules)}, or a kernel built with {'them' if modules[1:] else 'it'}"
        if self.has_seccomp:
            return self._filter("AF_NETLINK sockets")
        return "a sandbox or security module refuses it: run sockviz outside of it"

    def for_tracing(self) -> str:
        """What stands behind a program that cannot be traced."""
        reasons = self._for_yama()
        if self.has_seccomp:
            reasons.append(self._filter("ptrace, seccomp or process_vm_readv"))
        if not reasons:
            reasons.append(
                "not under strace, gdb or a sandbox, and a kernel built with CONFIG_SECCOMP_FILTER"
            )
        return "; or ".join(reasons)

    def _for_yama(self) -> list[str]:
        scope = self.sysctl("kernel.yama.ptrace_scope")
        if scope is None or not scope.isdecimal() or int(scope) < _YAMA_ADMIN_ONLY:
            return []
        after = " after a reboot: 3 is final" if scope == "3" else ""
        return [f"sudo sysctl kernel.yama.ptrace_scope=1 (now {scope}){after}"]

    def for_process(self, number: int, name: str) -> str:
        """What stands behind a refused file of /proc/PID."""
        if number == errno.ENOENT:
            mounted = (self._root / "proc/self/stat").exists()
            return f"a kernel built with it ({name} is missing from /proc/PID)" if mounted else _PROC
        reasons = self._for_yama() if name == "syscall" else []
        if self.hidepid:
            reasons.append(f"/proc without {self.hidepid}: sudo mount -o remount,hidepid=0 /proc")
        if not reasons:
            reasons.append("a sandbox or security module refuses it: run sockviz outside of it")
        return "; or ".join(reasons)
