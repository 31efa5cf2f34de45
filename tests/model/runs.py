"""Runs written by hand, as a player appends them: long ones to measure, short ones to save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sockviz.model import scripted
from sockviz.model.events import Event
from sockviz.model.lab_facts import LabFacts
from sockviz.model.script_text import UnreadScript
from sockviz.model.scripted import APART, INFO, START, Scripted
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import SocketRow, State, TcpInfo
from sockviz.model.timeline import Header
from sockviz.model.values import SocketValue, Value

__all__ = ["HEADER", "HOST", "SERVER", "START", "Conversation", "info", "row"]

HOST = "loopback"
SERVER: Endpoint = ("127.0.0.1", 8080)
HEADER = Header(
    UnreadScript("# a lesson\n", "00-x.md"),
    LabFacts("isolated", ("packets",), (HOST,)),
    "6.18.0",
    START,
    "0.1.0",
)
#: What a segment of Linux's has beside its flags and numbers.
_OPTIONS = (("mss", "65495"), ("timestamps", "1 0"))
#: So many lines and names such a run has, however long it is: it goes round, as a loop does.
_LINES, _NAMES = 102, 4


def info(received: int = 0, segments: int = 2) -> TcpInfo:
    return replace(INFO, bytes_received=received, segs_out=segments, segs_in=segments)


def row(
    state: State, local: Endpoint, peer: Endpoint | None, inode: int, cookie: int = 0, recv_q: int = 0, send_q: int = 0,
    received: int = 0,
) -> SocketRow:  # fmt: skip
    """A TCP row; ``raw`` is as long as the kernel's own."""
    told = None if state is State.LISTEN else info(received)
    it = scripted.row(state, local, peer, inode=inode, cookie=cookie, queues=(recv_q, send_q))
    return replace(it, info=told, raw=bytes(344 if told else 96))


class Conversation(Scripted):
    """Clients that connect to one listener, one after the other, each accepted, written to and read from."""

    def __init__(self, clients: int) -> None:
        super().__init__(HEADER)
        self.clients = clients
        self.line = 0
        self._said: list[Event] = []

    def say(self, event: Event) -> None:
        """Keeps it as a source makes it: on a timeline it would share its parts with those before."""
        self._said.append(event)
        self.at += APART

    def events(self) -> Sequence[Event]:
        """All of it, from the first page on."""
        if not self._said:
            self._run()
        return self._said

    def _run(self) -> None:
        self.page(0)
        self.start("server")
        self.start("client")
        listener = self.socket(3)
        self._line("server", "socket", value=listener, target="s")
        self._line("server", "listen", listener, 128)
        self.observe(self._listening(listener), of=["server"])
        for number in range(self.clients):
            self._client(number, listener)

    def _client(self, number: int, listener: SocketValue) -> None:
        here: Endpoint = ("127.0.0.1", 32768 + number)
        mine, theirs = self.socket(3 + number), self.socket(4 + number)
        ours = row(State.ESTABLISHED, here, SERVER, mine.inode, mine.inode)
        self._line("client", "socket", value=mine, target=f"c{number}")
        self.observe(of=["client"])
        self._enter("client", "connect", mine, SERVER)
        self._segment(here, SERVER, "SYN")
        self._segment(SERVER, here, "SYN", "ACK")
        self._segment(here, SERVER, "ACK")
        self.observe(ours, self._served(here, theirs, owned=False), self._listening(listener, 1), of=[])
        self._leave("client")
        self._enter("server", "accept", listener)
        self.sleep("server")
        self.observe(self._served(here, theirs), self._listening(listener), of=[])
        self._leave("server", (theirs, here), f"a{number}")
        self.observe(of=["server"])
        self._enter("client", "send", mine, b"hello")
        self._segment(here, SERVER, "PSH", "ACK", length=5)
        self._segment(SERVER, here, "ACK")
        self.observe(self._served(here, theirs, 5), counters={"Tcp.InSegs": self.line}, of=[])
        self._leave("client", 5)
        self._enter("server", "recv", theirs, 100)
        self.observe(self._served(here, theirs, 0, 5), of=[])
        self._leave("server", b"hello", f"d{number}")

    def _line(
        self, process: str, name: str, *arguments: Value, value: Value = None, target: str | None = None
    ) -> None:
        self._enter(process, name, *arguments)
        self._leave(process, value, target)

    def _enter(self, process: str, name: str, *arguments: Value) -> None:
        self.line = self.line % _LINES + 1
        self.enter(process, self.line, name, *arguments)

    def _leave(self, process: str, value: Value = None, target: str | None = None) -> None:
        self.open[process] = dict(list(self.open[process].items())[1 - _NAMES :])
        self.leave(process, self.line, value, bound={target: value} if target else {})

    def _segment(self, source: Endpoint, destination: Endpoint, *flags: str, length: int = 0) -> None:
        sender, receiver = ("server", "client") if source == SERVER else ("client", "server")
        self.segment(sender, receiver, source, destination, *flags, length=length, options=_OPTIONS)

    def _listening(self, listener: SocketValue, waiting: int = 0) -> SocketRow:
        return row(State.LISTEN, SERVER, None, listener.inode, 900, waiting, 128)

    def _served(
        self, peer: Endpoint, theirs: SocketValue, unread: int = 0, received: int | None = None, *, owned: bool = True
    ) -> SocketRow:  # fmt: skip
        inode = theirs.inode if owned else 0
        read = unread if received is None else received
        return row(State.ESTABLISHED, SERVER, peer, inode, theirs.inode, unread, 0, read)
