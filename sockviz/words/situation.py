"""A call and what is known of its socket in the world that it was made in: what a cause is derived from."""

from __future__ import annotations

from functools import cached_property

from sockviz.dataclass import dataclass, replace
from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.model.errnos import ALIASES
from sockviz.model.known import KnownSocket
from sockviz.model.linux.names import errno_name
from sockviz.model.naming import Name
from sockviz.model.process import Process
from sockviz.model.segments import Endpoint, endpoint, reached, wire_end
from sockviz.model.sockets import FdEntry, SocketRow
from sockviz.model.values import Address, SocketValue, Value
from sockviz.model.world import SeenPacket, World
from sockviz.words import acts, whose
from sockviz.words.wording import address_text, receiver_name


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a call failed here, and what to do about it: each without a full stop, and empty where nothing observed says so."""

    why: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Situation:
    """`call` in `world`, which is the one right after it."""

    call: Call
    world: World

    @property
    def error(self) -> str:
        """The name of its error."""
        return ALIASES.get(self.call.error or "", self.call.error or "")

    @property
    def process(self) -> Process | None:
        """Who made it."""
        return self.world.processes.get(self.call.process)

    @cached_property
    def number(self) -> int | None:
        """The descriptor that it was made on."""
        first = self.call.arguments[0] if self.call.arguments else None
        if isinstance(first, SocketValue):
            return first.fd
        return first if isinstance(first, int) else None

    @cached_property
    def entry(self) -> FdEntry | None:
        """What that descriptor was last seen to be."""
        process = self.process
        if process is None:
            return None
        return next((each for each in process.fds if each.fd == self.number), None)

    @cached_property
    def inode(self) -> int:
        """Its socket's, or pipe's; 0 where that is not known."""
        held = self.call.receiver
        if held is not None:
            return held.inode
        return self.entry.inode if self.entry is not None else 0

    @cached_property
    def known(self) -> KnownSocket | None:
        """Its socket."""
        return self.world.sockets.get(self.inode)

    @cached_property
    def row(self) -> SocketRow | None:
        """What the kernel was last seen to say of it."""
        return self.world.row_of(self.inode)

    @property
    def family(self) -> str:
        """``AF_INET`` …; empty where that is not known."""
        held = self.call.receiver or self.known
        return held.family if held is not None else ""

    @property
    def type(self) -> str:
        """``SOCK_STREAM`` …; empty where that is not known."""
        held = self.call.receiver or self.known
        return held.type if held is not None else ""

    @property
    def is_unix(self) -> bool:
        """Whether its socket stays on this machine."""
        return self.family == "AF_UNIX"

    @property
    def is_datagram(self) -> bool:
        """Whether its socket has datagrams."""
        return self.type == "SOCK_DGRAM"

    @property
    def is_tcp(self) -> bool:
        """Whether its socket is TCP's."""
        return self.family in ("AF_INET", "AF_INET6") and self.type == "SOCK_STREAM"

    @property
    def is_ping(self) -> bool:
        """Whether its socket is a datagram socket of ICMP's (net/ipv4/ping.c)."""
        held = self.call.receiver
        return held is not None and self.is_datagram and held.protocol in (1, 58)

    @property
    def is_pipe(self) -> bool:
        """Whether it was made on a pipe."""
        return self.entry is not None and self.entry.target.startswith("pipe:")

    @property
    def name(self) -> str:
        """The variable that it was made on, else its descriptor."""
        said = receiver_name(self.call, self.world)
        if not said and self.number is not None and self.number >= 0:
            process = self.call.process
            said = (self.inode and self.world.name_of(process, self.inode, self.number)) or _(
                "descriptor {fd}"
            ).format(fd=self.number)
        return said or _("the socket")

    @property
    def address(self) -> Value:
        """The address among its arguments; None where there is none."""
        if self.call.name not in _ADDRESSED or len(self.call.arguments) < 2:
            return None
        given = self.call.arguments[-1]
        return (
            given if isinstance(given, str | tuple) or (self.is_unix and isinstance(given, bytes)) else None
        )

    @property
    def target(self) -> str:
        """That, in words; of one that stands for every address of this host, which of them it reaches."""
        end = self.end
        if end is not None and isinstance(self.address, tuple) and end[0] != self.address[0]:
            meant = address_text((self.address[0], 0)).rpartition(":")[0] or _("no address")
            return _("{target} ({meant} means this host)").format(target=address_text(end), meant=meant)
        return address_text(self.address) if self.address is not None else _("the address")

    @property
    def end(self) -> Endpoint | None:
        """That, where it is an IP address and port: of what sends or connects, as it is reached."""
        given = endpoint(self.address)
        if given is None or self.call.name == "bind":
            return given
        return reached(self.call.target or given if not given[0] else given, endpoint(self.local))

    @cached_property
    def name_kept(self) -> Name | None:
        """The local name that no table has."""
        return self.world.kept_name(self.inode)

    @property
    def local(self) -> Address | None:
        """Its socket's own name, as far as known."""
        if self.row is not None:
            return self.row.local
        return self.name_kept.address if self.name_kept is not None else None

    @property
    def peer(self) -> Address | None:
        """Whom its socket is, or was, connected to."""
        if self.row is not None and self.row.peer is not None:
            return self.row.peer
        return self.known.peer if self.known is not None else None

    @property
    def who(self) -> str:
        """Who is at the other end, in words."""
        return whose.of_peer(self.world, self.inode)

    @property
    def host(self) -> str:
        """Where it was made."""
        process = self.process
        return process.host if process is not None else ""

    def is_on(self, name: str) -> bool:
        """Whether an option of its socket was set on."""
        return acts.is_on(self.world, self.inode, name)

    @property
    def dissolved(self) -> bool:
        """Whether connect to no address has taken its peer away, and it has none since."""
        return self.known is not None and self.known.dissolved

    @property
    def had_a_connection(self) -> bool:
        """Whether its socket has been connected: as the kernel said, or a call that came back."""
        if self.known is not None and self.known.peer is not None:
            return True
        tried = self.connects()
        return (tried is not None and tried.error is None) or _gives(self.world, self.inode)

    def connects(self) -> Call | None:
        """The call of connect on its socket that was over last; what connect_ex gave stands in it as connect tells it."""
        process = self.process
        made = reversed(process.calls) if process is not None else ()
        found = next(
            (
                each
                for each in made
                if (each.name in CONNECTING or (each.name == "sendto" and acts.has(each, "MSG_FASTOPEN")))
                and not each.dissolves
                and (each.process, each.number) != (self.call.process, self.call.number)
                and each.receiver is not None
                and each.receiver.inode == self.inode
            ),
            None,
        )
        if found is not None and found.name == "connect_ex" and isinstance(found.value, int) and found.value:
            return replace(found, error=errno_name(found.value), errno=found.value)
        return found

    def begun(self) -> Call | None:
        """The connect that goes on without its call, and whose outcome the next one on its socket tells, whatever address that is
        given: net/ipv4/af_inet.c, __inet_stream_connect. None where none does, and for a call that is no connect."""
        process = self.process
        if process is None or self.call.name not in CONNECTING or not self.is_tcp:
            return None
        begun = None
        for each in reversed(process.calls):
            if (
                each.name in CONNECTING
                and each.is_over
                and each.number != self.call.number
                and each.entered <= self.call.entered
                and each.receiver is not None
                and each.receiver.inode == self.inode
            ):
                if each.dissolves or not _goes_on(each):
                    break
                begun = each
        return begun

    def came(self, flag: str) -> SeenPacket | None:
        """The last segment with that flag, FIN or RST, that was captured on its way to the socket."""
        here, there = self._ends
        return self._ending(there, here, flag)

    def went(self, flag: str) -> SeenPacket | None:
        """The last one that was captured on its way from it."""
        return self._ending(*self._ends, flag)

    @property
    def _ends(self) -> tuple[Endpoint | None, Endpoint | None]:
        known = self.known
        return wire_end(known.local if known else None), wire_end(known.peer if known else None)

    def _ending(self, source: Endpoint | None, destination: Endpoint | None, flag: str) -> SeenPacket | None:
        if source is None or destination is None:
            return None
        number = self.world.traffic.ending.get((source, destination, flag))
        return self.world.packets[number] if number is not None else None


def _gives(world: World, inode: int) -> bool:
    """Whether accept or socketpair has given the socket: it was connected when it was made."""
    return any(
        isinstance(value, SocketValue) and value.inode == inode
        for call in acts.over(world, "accept", "socketpair")
        for value in (call.value if isinstance(call.value, tuple) else (call.value,))
    )


def _goes_on(call: Call) -> bool:
    """Whether the handshake of a connect goes on when it has come back."""
    error = errno_name(call.value) if call.error is None and isinstance(call.value, int) else call.error
    return error in ("EINPROGRESS", "EALREADY", "EINTR", "TimeoutError")


#: Calls whose last argument may be an address.
_ADDRESSED = frozenset({"bind", "connect", "connect_ex", "sendto", "sendmsg"})
