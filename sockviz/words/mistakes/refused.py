"""A connect that was refused, and a socket that was meant: it never listened, has another address, or another order of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.model.segments import Endpoint
from sockviz.model.world import World
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.named_sockets import Named, NamedSockets
from sockviz.words.wording import address_text, call_as_made

#: So many that nobody explained are remembered.
_MOST = 256


@dataclass(slots=True)
class Refused:
    """Looks at connects that were refused, and at who listens later."""

    sockets: NamedSockets
    _unexplained: dict[Endpoint, str] = field(default_factory=dict)  # by where to, whose the first was

    def after(self, call: Call, world: World) -> Iterator[Mistake]:
        """What is wrong with a connect that has come back."""
        target, held = call.target, call.receiver
        if call.name not in CONNECTING or call.error != "ECONNREFUSED" or target is None:
            return
        if held is None or held.type != "SOCK_STREAM":
            return
        near = [each for each in self.sockets if _lives_at(each, target, world)]
        found = (
            _never_listened(call, target, near)
            or _elsewhere(call, target, near)
            or _swapped(call, target, near)
        )
        if found is not None:
            yield found
        elif len(self._unexplained) < _MOST:
            self._unexplained.setdefault(target, call.process)

    def listens(self, socket: Named) -> Iterator[Mistake]:
        """Who came too early for a socket that listens now."""
        for target in [each for each in self._unexplained if socket.is_at(each)]:
            client = self._unexplained.pop(target)
            yield Mistake(
                "too early", (client, target), client,
                _("{client} was refused at {address}").format(client=client, address=address_text(target)),
                _("{server} listens there only now").format(server=socket.process),
                _("start {client} after {server} listens, or let it try again").format(client=client, server=socket.process),
            )  # fmt: skip


def _lives_at(socket: Named, target: Endpoint, world: World) -> bool:
    """Whether a socket is on the host that has the target's address: of two hosts their addresses say that."""
    others = {process.host for process in world.processes.values()} - {socket.host}
    return not others or not target[0].startswith("127.")


def _observed(call: Call) -> str:
    return _("{call} of {process} is refused").format(call=call_as_made(call), process=call.process)


def _never_listened(call: Call, target: Endpoint, near: list[Named]) -> Mistake | None:
    at = [each for each in near if each.is_at(target)]
    if not at or any(each.asked for each in at):
        return None
    server = at[0].process
    return Mistake(
        "never listened", (server, at[0].inode), call.process, _observed(call),
        _("{server} has bound its socket {fd} there, and has not called listen").format(server=server, fd=at[0].fd),
        _("in {server}, call listen after bind: only then does the kernel let clients in").format(server=server),
    )  # fmt: skip


def _elsewhere(call: Call, target: Endpoint, near: list[Named]) -> Mistake | None:
    if any(each.is_at(target) for each in near):
        return None
    other = next((each for each in near if each.listens and each.end[1] == target[1]), None)
    if other is None:
        return None
    return Mistake(
        "another address", (call.process, target, other.end), call.process, _observed(call),
        _("{server} listens at that port, but at {address} only").format(
            server=other.process, address=address_text(other.end)
        ),
        _("connect to {address}, or bind to the address that clients use (0.0.0.0 stands for all of IPv4, :: for all)").format(
            address=address_text(other.end)
        ),
    )  # fmt: skip


def _swapped(call: Call, target: Endpoint, near: list[Named]) -> Mistake | None:
    address, port = target
    meant = (port & 0xFF) << 8 | port >> 8
    other = next(
        (each for each in near if each.listens and meant != port and each.is_at((address, meant))), None
    )
    if other is None or any(each.end[1] == port for each in near):
        return None
    return Mistake(
        "bytes swapped", (call.process, target, other.end), call.process, _observed(call),
        _("{server} listens at port {meant}, and {port} is the same two bytes the other way round").format(
            server=other.process, meant=meant, port=port
        ),
        _("one of the two has a port in the machine's own order of bytes: sin_port takes htons(…)"),
    )  # fmt: skip
