"""What closing a descriptor does to its socket: nothing while another has it, a FIN, or a RST, and why."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import RECEIVING, Call
from sockviz.model.process import Process
from sockviz.model.sockets import SocketRow, State
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.covering import covers
from sockviz.words.on_the_way import Passage, carried, passage
from sockviz.words.situation import Situation
from sockviz.words.unread import unread

#: A limit that a call did not reach by this part of it (clocks differ) did not end it.
_NEARLY = 0.9
_OPEN = frozenset({State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.FIN_WAIT_2})


def closing(call: Call, world: World) -> str:
    """What close of a socket's descriptor did besides: a clause; empty where it is no more than that."""
    held, s = call.receiver, Situation(call, world)
    inode, number = (held.inode, held.fd) if held is not None else (s.inode, s.number)
    if number is None or inode not in world.sockets:
        return ""
    others = [
        (process.name, entry.fd)
        for process, entry in whose.holders(world, inode)
        if (process.name, entry.fd) != (call.process, number)
    ]
    if others:
        return _shared(call, others)
    where, to = passage(world, call.process, number, call.returned or world.at)
    if where is not Passage.NONE:
        return _lives_in(to, world) if where is Passage.ON_ITS_WAY else ""
    row, gone = world.row_of(inode), world.gone.get(inode)
    if row is None and gone is not None and gone.at >= call.entered:
        row = gone.row  # seen to be gone before close was seen to return
    if row is None or acts.is_unseen(world, inode, *RECEIVING):
        return ""
    return consequence(row, world, call.entered) or _gave_up_waiting(call, row, world)


def _gave_up_waiting(call: Call, row: SocketRow, world: World) -> str:
    """That SO_LINGER's time was over before all was acknowledged: close does not fail for that (net/ipv4/tcp.c, tcp_close)."""
    seconds = acts.lingers(world, row.inode or Situation(call, world).inode)
    took = (call.returned or call.entered) - call.entered
    if not call.slept or not seconds or took < seconds * _NEARLY or not row.send_q:
        return ""
    return _(
        "the {time} of SO_LINGER are over, and Send-Q still is {queue}: the kernel goes on alone"
    ).format(time=f"{seconds} s", queue=row.send_q)


def _shared(call: Call, others: list[tuple[str, int]]) -> str:
    process, fd = others[0]
    if process == call.process:
        return _("the socket stays open by descriptor {fd}").format(fd=fd)
    return _("the socket stays open in {process} (descriptor {fd})").format(process=process, fd=fd)


def _lives_in(to: int, world: World) -> str:
    return _(
        "the socket lives on in the message that waits at {whose}: SCM_RIGHTS has passed it along"
    ).format(whose=whose.of_socket(world, to))


def ends_who_waits(row: SocketRow, world: World, since: float) -> bool:
    """Whether those who wait to be accepted end with their listener. Where others listen in its group they may go over to these
    (net/ipv4/inet_connection_sock.c, inet_csk_listen_stop; tcp_migrate_req): then the RSTs say it."""
    if not world.sharers(row):
        return True
    for seen in reversed(world.packets):
        packet = seen.event.packet
        if packet.at < since:
            break
        if packet.tcp is not None and "RST" in packet.tcp.flags and covers(row.local, packet.source):
            return True
    return False


def consequence(row: SocketRow, world: World, since: float) -> str:
    """What the kernel does with a socket that nobody holds any more since some instant; empty where that is what everybody
    expects."""
    if row.is_listening and row.tells_queues and row.recv_q:
        if not ends_who_waits(row, world, since):
            return ""
        return ngettext(
            "the connection that waits to be accepted is ended with it",
            "the {count} connections that wait to be accepted are ended with it",
            row.recv_q,
        ).format(count=row.recv_q)
    if row.protocol == "UNIX":
        return "; ".join(filter(None, (_unread_here(row), _closed_along(row, world))))
    if row.protocol == "TCP" and row.state is State.SYN_SENT:
        # net/ipv4/tcp.c, new_state: from here no FIN goes out.
        return _("its connect is given up, and no segment says so")
    if row.protocol != "TCP" or row.state not in _OPEN:
        return ""
    # net/ipv4/tcp.c, __tcp_close: unread data come first, then SO_LINGER.
    if count := unread(row):
        return ngettext(
            "{count} byte in its receive queue was never read, so that a RST goes out instead of a FIN",
            "{count} bytes in its receive queue were never read, so that a RST goes out instead of a FIN",
            count,
        ).format(count=count)
    if acts.lingers(world, row.inode) == 0:
        return _("SO_LINGER with 0 seconds has a RST go out instead of a FIN")
    return ""


def _unread_here(row: SocketRow) -> str:
    if (
        row.type not in ("SOCK_STREAM", "SOCK_SEQPACKET")
        or not row.recv_q
        or row.state is not State.ESTABLISHED
    ):
        return ""
    return ngettext(
        "{count} byte in its receive queue was never read, which its peer is told by ECONNRESET",
        "{count} bytes in its receive queue were never read, which its peer is told by ECONNRESET",
        row.recv_q,
    ).format(count=row.recv_q)


def _closed_along(row: SocketRow, world: World) -> str:
    """What else ends with the messages that nobody has received (net/unix/af_unix.c, unix_release_sock; net/core/scm.c)."""
    count = carried(world, row.inode) if row.recv_q else 0
    if not count:
        return ""
    return ngettext(
        "the descriptor that SCM_RIGHTS had passed along in it is closed with it",
        "the {count} descriptors that SCM_RIGHTS had passed along in it are closed with it",
        count,
    ).format(count=count)


def ended(process: Process, world: World) -> list[str]:
    """What else the end of a process does to the sockets that nobody but it had, a clause each."""
    told = []
    for inode in dict.fromkeys(entry.inode for entry in process.fds if entry.is_socket):
        row, gone = world.row_of(inode), world.gone.get(inode)
        if row is None and gone is not None and gone.at >= _last_call_at(process):
            row = gone.row  # seen to be gone before the process was
        fds = [entry.fd for entry in process.fds if entry.inode == inode]
        if any(other.name != process.name for other, _entry in whose.holders(world, inode)):
            continue
        name = whose.of_socket(world, inode)
        passed = [passage(world, process.name, fd, world.at) for fd in fds]
        if any(where is not Passage.NONE for where, _to in passed):
            lives = (to for where, to in passed if where is Passage.ON_ITS_WAY)
            if (to := next(lives, 0)) and not _ends_with(process, world, to):
                told.append(_("{name}: {why}").format(name=name, why=_lives_in(to, world)))
            continue
        if row is None:
            continue
        if why := consequence(row, world, _last_call_at(process)):
            told.append(_("{name}: {why}").format(name=name, why=why))
    return told


def _last_call_at(process: Process) -> float:
    """When a process entered its last call, or came back from it: its exit, where that is one."""
    call = process.current or process.last
    return process.started if call is None else call.returned or call.entered


def _ends_with(process: Process, world: World, inode: int) -> bool:
    """Whether nobody but the process has that socket."""
    return all(holder.name == process.name for holder, _entry in whose.holders(world, inode))
