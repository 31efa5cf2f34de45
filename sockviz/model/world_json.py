"""A world as JSON, for `sockviz replay --at N --json` and for whoever compares it with another program's output."""

from __future__ import annotations

from sockviz.model.call import Call, Stage
from sockviz.model.events import LineTyped
from sockviz.model.hindsight import TurnedAway
from sockviz.model.inferred import InferredSegment
from sockviz.model.linux.options import option_of
from sockviz.model.meaning import Role
from sockviz.model.misfit import Misfit
from sockviz.model.process import Process, Task
from sockviz.model.sockets import FdEntry, SocketRow, Watched
from sockviz.model.traffic import Traffic
from sockviz.model.values import Address, Json, encode
from sockviz.model.world import SeenPacket, World


def world_json(world: World) -> dict[str, Json]:
    """Everything known after an event. Values of names are tagged as in recordings; addresses are lists."""
    return {
        "event": world.events,
        "at": world.at,
        "page": world.page,
        "ended": world.ended,
        "processes": {name: _process(world, process) for name, process in world.processes.items()},
        "rows": [row_json(host, row) for (host, _), row in world.rows.items()],
        "packets": [packet_json(seen, world.traffic) for seen in world.packets],
        "inferred": [_inferred(segment) for segment in world.inferred],
        **({"misfits": [_misfit(each) for each in world.misfits]} if world.misfits else {}),
        **({"typed": [_typed(each) for each in world.typed.values()]} if world.typed else {}),
        "counters": dict(world.counters),
        "expectations": [
            {"line": line, "source": judged.source, "ok": judged.ok, "actual": judged.actual}
            for line, judged in sorted(world.expectations.items())
        ],
        **(
            {"votes": {str(line): list(counts) for line, counts in world.votes.items()}}
            if world.votes
            else {}
        ),
        "predictions": [
            {"line": line, "answer": settled.answer, "chosen": world.choices.get(line)}
            for line, settled in sorted(world.answers.items())
        ],
    }


def _typed(event: LineTyped) -> Json:
    return {"process": event.process, "line": event.line, "source": event.source, "page": event.page}


def _process(world: World, process: Process) -> dict[str, Json]:
    current = process.current
    return {
        "pid": process.pid,
        "outer_pid": process.outer_pid,
        "host": process.host,
        "parent": process.parent,
        "alive": process.alive,
        "status": process.status,
        "line": process.line,
        "blocked": current.name if current is not None and current.stage is Stage.ASLEEP else None,
        "current": _call(current),
        **({"tasks": {str(task.number): _task(task) for task in process.tasks}} if process.threads else {}),
        "last": _call(process.last),
        "names": {name: encode(value) for name, value in process.names.items()},
        "fds": [_fd(world, entry) for entry in process.fds],
    }


def _task(task: Task) -> Json:
    """Of a process that has several: where each is."""
    return {"line": task.line, "calls": [_call(call) for call in task.calls]}


def _call(call: Call | None) -> Json:
    if call is None:
        return None
    return {
        "name": call.name,
        "line": call.line,
        "stage": call.stage.value,
        "value": encode(call.value),
        "error": call.error,
        "syscall": call.asleep.syscall if call.asleep else None,
    }


def _fd(world: World, entry: FdEntry) -> Json:
    row = world.row_of(entry.inode) if entry.is_socket else None
    name = world.names.get(entry.inode) if entry.is_socket and row is None else None
    return {
        "fd": entry.fd,
        "target": entry.target,
        "protocol": entry.protocol,
        "state": str(row.state) if row else None,
        "local": _address(row.local) if row else _address(name.address) if name and name.is_kept else None,
        "local_from": row.interface if row else name.told_by if name and name.is_kept else None,
        "flags": entry.flags,
        **({"watched": [_watched(each) for each in entry.watched]} if entry.watched else {}),
        **({"options": options} if (options := _options(world, entry.inode)) else {}),
    }


def _watched(watched: Watched) -> Json:
    return {"fd": watched.fd, "events": watched.events, "data": watched.data, "inode": watched.inode}


def _options(world: World, inode: int) -> list[Json]:
    """What was set on a socket: asked for, and what getsockopt said right after."""
    found: list[Json] = []
    for each in world.options.get(inode, {}).values():
        option = option_of(each.level, each.number)
        found.append({
            "name": option.name if option is not None else None, "level": each.level, "number": each.number,
            "asked": encode(each.value), "now": encode(each.now), "default": encode(each.default), "inherited": each.inherited,
        })  # fmt: skip
    return found


def row_json(host: str, row: SocketRow) -> Json:
    """A row of the kernel's."""
    return {
        "host": host,
        "family": row.family,
        "type": row.type,
        "protocol": row.protocol,
        "state": str(row.state),
        "local": _address(row.local),
        "peer": _address(row.peer),
        "recv_q": row.recv_q if row.tells_queues else None,
        "send_q": row.send_q if row.tells_queues and not (row.is_listening and row.backlog is None) else None,
        "inode": row.inode,
        "cookie": row.cookie,
        "timer": str(row.timer) if row.timer else None,
        "expires": row.expires,
        "retransmits": row.retransmits,
        "bound_only": row.bound_only,
        "interface": row.interface,
    }


def _turned_away(found: TurnedAway | None) -> Json:
    return None if found is None else {"counter": found.counter, "by": found.by, "among": len(found.among)}


def packet_json(seen: SeenPacket, traffic: Traffic) -> dict[str, Json]:
    """A packet, and what it is among the others."""
    packet, relative = seen.event.packet, seen.event.relative
    meaning = traffic.meanings.get(seen.number)
    return {
        "text": seen.text,
        "at": packet.at,
        "source": list(packet.source),
        "destination": list(packet.destination),
        "length": packet.length,
        "seq": relative.seq if relative else None,
        "ack": relative.ack if relative else None,
        "retransmission": meaning is not None and meaning.role is Role.AGAIN,
        "is": meaning.role.value if meaning is not None else None,
        "of": meaning.of if meaning is not None else None,
        "turned_away": _turned_away(traffic.turned_away.get(seen.number)),
        "late": seen.event.late,
    }


def _misfit(misfit: Misfit) -> Json:
    event = type(misfit.event).__name__
    return {"event": event, "why": misfit.why.value, "process": misfit.process, "number": misfit.number}


def _inferred(segment: InferredSegment) -> str:
    # The only message of ICMP that is ever inferred.
    label = "ICMP port unreachable" if segment.icmp is not None else segment.label
    return f"{segment.sender} {label}"


def _address(address: Address | None) -> Json:
    match address:
        case tuple():
            return list(address)
        case bytes():
            return encode(address)
        case _:
            return address
