"""What `ss` says of a host's sockets, and what we say of them, in one form: state, queues, ends, timer, inode, cookie."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Address
from sockviz.model.world import World
from sockviz.player.performance import Performance

#: What stands in it first is the table.
Said: TypeAlias = "tuple[object, ...]"

#: ss has its own names (iproute2 misc/ss.c, sstate_name).
NAMES = {
    "LISTEN": State.LISTEN, "ESTAB": State.ESTABLISHED, "SYN-SENT": State.SYN_SENT, "SYN-RECV": State.SYN_RECEIVED,
    "FIN-WAIT-1": State.FIN_WAIT_1, "FIN-WAIT-2": State.FIN_WAIT_2, "CLOSE-WAIT": State.CLOSE_WAIT,
    "CLOSING": State.CLOSING, "LAST-ACK": State.LAST_ACK, "TIME-WAIT": State.TIME_WAIT, "UNCONN": State.CLOSED,
}  # fmt: skip
_OF_DATAGRAMS = {"ESTAB": State.CONNECTED, "UNCONN": State.UNCONNECTED}
_UNIX = {"u_str": "SOCK_STREAM", "u_dgr": "SOCK_DGRAM", "u_seq": "SOCK_SEQPACKET"}
_COMMAND = ("ss", "-Htuwxaneo")
#: So often a state that moves while it is compared is looked at again, with so many seconds between.
_ATTEMPTS, _PAUSE = 400, 0.02


def what_is_missing() -> str | None:
    """Why nothing can be compared here."""
    if shutil.which("ss") is None or shutil.which("nsenter") is None:
        return "ss (iproute2) or nsenter (util-linux) is not installed"
    return None


def by_ss(outer_pid: int) -> set[Said] | None:
    """Every row that ss prints in the process's network namespace; None where that cannot be entered: it has just ended, say."""
    enter = ("nsenter", "-t", str(outer_pid), "-U", "-n", "--preserve-credentials")
    done = subprocess.run((*enter, *_COMMAND), check=False, capture_output=True)
    if done.returncode:
        return None
    return {_printed(line) for line in done.stdout.decode("utf-8", "backslashreplace").splitlines()}


def _printed(line: str) -> Said:
    table, state, recv_q, send_q, local, *rest = line.split()
    queues = int(recv_q), int(send_q)
    if table in _UNIX:
        inode, _, peer = rest[:3]
        # Who is connected to a datagram socket is marked on that one, too; that it has no peer itself is what counts.
        told = (
            (_OF_DATAGRAMS[state] if peer != "0" or state != "ESTAB" else None)
            if table == "u_dgr"
            else NAMES[state]
        )
        return "UNIX", _UNIX[table], told, *queues, local, int(inode), int(peer)
    peer, told = rest[0], _OF_DATAGRAMS[state] if table in ("udp", "raw") else NAMES[state]
    if table == "raw":  # of which /proc/net has no more
        return "RAW", told, *queues, _every(local)
    timer = re.search(r" timer:\((\w+),[^,]*,(\d+)\)", line)
    return (
        table.upper(), told, *queues, _every(local), _every(peer), (timer[1], int(timer[2])) if timer else None,
        *(int(found[1], base) if (found := re.search(name, line)) else 0 for name, base in (
            (r" ino:(\d+)", 10), (r" sk:([0-9a-f]+)", 16),
        )),
    )  # fmt: skip


def _every(address: str) -> str:
    """ss has three ways to write any address, of IPv4, of IPv6 alone, and of both; and a device behind it."""
    return re.sub(r"^(?:\[::\]|\*):", "0.0.0.0:", re.sub(r"%\w+(?=\]?:)", "", address))


def by_us(rows: Iterable[SocketRow]) -> set[Said]:
    """The same of our rows. Those that are bound only ss lists from 6.8 on, ping sockets never."""
    return {_known(row) for row in rows if not row.bound_only and row.protocol != "ICMP"}


def _known(row: SocketRow) -> Said:
    queues = row.recv_q, row.send_q
    if row.family == "AF_UNIX":
        is_marked = row.raw[2:3] == b"\x01" and not row.peer_inode
        told = None if row.type == "SOCK_DGRAM" and is_marked else row.state
        return "UNIX", row.type, told, *queues, _path(row.local), row.inode, row.peer_inode
    if row.protocol == "RAW":
        return "RAW", row.state, *queues, _text(row.local)
    timer = (row.timer.value, row.retransmits) if row.timer is not None else None
    return row.protocol, row.state, *queues, _text(row.local), _text(row.peer), timer, row.inode, row.cookie


def _text(address: Address | None) -> str:
    if not isinstance(address, tuple):
        return "0.0.0.0:*"
    host = f"[{address[0]}]" if ":" in str(address[0]) else address[0]
    return _every(f"{host}:{address[1] or '*'}")


def _path(name: Address | None) -> str:
    if isinstance(name, bytes):
        return name.replace(b"\0", b"@").decode("utf-8", "backslashreplace")
    return str(name) if name else "*"


async def agree(performance: Performance) -> int:
    """Compares each host that somebody lives on as it is now; says how many there were. A state that moves while it is compared,
    a segment that is sent again say, is looked at again; so is a host whose process has ended meanwhile."""
    compared = 0
    for host in _living(performance.timeline.world):
        theirs: set[Said] | None = None
        ours: set[Said] = set()
        for _ in range(_ATTEMPTS):
            pid = _living(performance.timeline.world).get(host)
            if pid is None:
                break
            theirs, ours = by_ss(pid), by_us(_rows(performance.timeline.world, host))
            if ours == theirs:
                compared += 1
                break
            await asyncio.sleep(_PAUSE)
        else:
            assert ours == theirs
    return compared


def _living(world: World) -> Mapping[str, int]:
    return {process.host: process.outer_pid for process in world.processes.values() if process.alive}


def _rows(world: World, host: str) -> Iterable[SocketRow]:
    return (row for (its, _), row in world.rows.items() if its == host)
