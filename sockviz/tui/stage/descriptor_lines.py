"""One descriptor's lines in a process's table: its number, its name, and what the kernel says of its socket."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from sockviz.language import N_, _, ngettext
from sockviz.model.process import Process
from sockviz.model.segments import endpoint
from sockviz.model.sockets import FdEntry, SocketRow, State, Timer
from sockviz.tui.palette import STATE_SYMBOLS, TICKING, state_role
from sockviz.tui.stage.ink import Line, Span, crop, fit, line, marked
from sockviz.tui.stage.lookup import Lookup, port_of
from sockviz.tui.stage.queues import accept_queue, no_syn_queue, syn_queue, turned_away
from sockviz.tui.view import Focus, View
from sockviz.words.wording import address_text, ends_text, name_text, seconds_text

#: Received FIN: the kernel counts it as one in Recv-Q until it is read (net/ipv4/tcp_diag.c: rcv_nxt - copied_seq).
_HAS_FIN = frozenset({State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT})
#: Sent FIN: it takes a sequence number, so it counts as one in Send-Q until it is acknowledged.
_FIN_UNACKED = frozenset({State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})
#: What a timer counts down to, and what is said once it has run out.
_TIMER_WORDS = {
    Timer.ON: (N_("retry in {time}"), N_("retry due")),
    Timer.KEEPALIVE: (N_("keepalive in {time}"), N_("keepalive due")),
    Timer.TIMEWAIT: (N_("gone in {time}"), N_("gone any moment")),
    Timer.PERSIST: (N_("window probe in {time}"), N_("window probe due")),
}
_ANY_TIMER = (N_("timer {time}"), N_("timer due"))


@dataclass(frozen=True, slots=True)
class DescriptorRow:
    """A line of the table to be: a descriptor and its row, or a row that no descriptor owns."""

    inode: int
    entry: FdEntry | None
    row: SocketRow | None


@dataclass(slots=True)
class Pen:
    """Draws the lines of one process's table in one width."""

    view: View
    process: Process
    lookup: Lookup
    width: int
    hues: dict[str, str]
    number_width: int
    name_width: int

    def block(self, it: DescriptorRow, detail: int) -> list[Line]:
        """The lines of one descriptor: 0 its own line alone, 1 what matters beneath, 2 everything."""
        focus = Focus(inode=it.inode) if it.inode else None
        lines = [self._head(it, detail)]
        if it.row is not None and detail:
            if it.row.is_listening:
                lines += self._queues(it.row, detail)
            else:
                lines += self._traffic(it.row, detail)
        if self.view.progress < 1 and self.is_new_descriptor(it):
            # A new descriptor is written in from the left.
            lines = [crop(x, round(self.view.progress * self.width), "") for x in lines]
        role = self._emphasis(it)
        return [marked(fit(x, self.width), role).pointing(focus) for x in lines]

    def rule(self, title: str) -> Line:
        """A faint rule with a title."""
        return fit(line((f" ╌╌ {title} {'╌' * self.width}"[: self.width - 1], "faint")), self.width)

    def _head(self, it: DescriptorRow, detail: int) -> Line:
        hue = self.hues.get(self.process.name, "")
        fd = str(it.entry.fd) if it.entry is not None else "–"
        number = (f"{fd:>{self.number_width}}", f"{hue} strong" if it.entry is not None else "muted")
        name = self.lookup.name(self.process.name, it.inode, it.entry.fd if it.entry is not None else -1)
        named: Span = (f" {name[: self.name_width]:<{self.name_width}}" if self.name_width else "", hue)
        if it.entry is not None and not it.entry.is_socket:
            return line(number, named, (f" {_plain_target(it.entry)}", "muted"))
        protocol = (
            it.row.protocol if it.row is not None else (it.entry.protocol if it.entry else "")
        ) or "socket"
        if it.row is None:
            return line(number, named, f" {protocol} ", self._tableless(it))
        state = it.row.state
        symbol = (
            f"{STATE_SYMBOLS[state]} {state}",
            f"{state_role(state)} strong" if self._is_new(it) else state_role(state),
        )
        start = line(number, named, f" {protocol} ", symbol, " ")
        bare = line(
            number, named, " ", symbol, " "
        )  # its state tells the protocol, its ends nothing but themselves
        start = next(
            (
                head
                for ends in self._worth_reading(it.row)
                for head in (start, bare)
                if head.width + cell_len(ends) < self.width
            ),
            start,
        )
        if start.width > self.width:
            # The state must be read whole: what can be told from elsewhere gives way.
            named_head = line(number, named, " ", symbol)
            start = named_head if named_head.width <= self.width else line(number, " ", symbol)
        room = self.width - start.width - 1
        brief = self._brief_timer(it.row, room) if not detail else Line()
        if not detail and not brief.width:
            brief = self._brief_queue(it.row, room)
        return start + self._ends(it.row, room - brief.width) + brief

    def _worth_reading(self, row: SocketRow) -> tuple[str, ...]:
        """What should be read of the row's ends, better than nothing last: a name whole, unless it has the lab's own address."""
        if row.family == "AF_UNIX":
            return ("",)
        if row.peer is not None:
            return (f"→:{port_of(row.peer)}",)
        here = endpoint(row.local)
        port = f":{port_of(row.local)}"
        known = here is not None and here[0] in self.view.lab.addresses.values() and not row.bound_only
        return (port,) if known else (address_text(row.local), port)

    def _tableless(self, it: DescriptorRow) -> Line:
        world = self.view.world
        known, name = world.sockets.get(it.inode), world.names.get(it.inode)
        if name is not None and name.is_kept:
            bound = name_text(name)
            port = _("bound") if name.port_is_unknown else f":{port_of(name.address)}"
            brief = _("bound to {name}").format(name=port)
            return self._first_that_fits(
                line(("—  " + _("bound to {name}, in no kernel table").format(name=bound), "muted")),
                line(("—  " + _("bound to {name}").format(name=bound), "muted")),
                self._first_that_fits(
                    line(("—  " + (port if name.port_is_unknown else brief), "muted")),
                    line(("—  " + port, "muted")),
                    taken=11,
                ),
            )
        if (known is not None and known.peer is not None) or (name is not None and not name.is_none):
            closed = line((f"{STATE_SYMBOLS[State.CLOSED]} CLOSED", state_role(State.CLOSED)))
            return self._first_that_fits(
                closed + line(("  " + _("in no kernel table any more"), "muted")),
                closed + line(("  " + _("no row left"), "muted")),
                closed,
            )
        if name is None:  # nobody has said whether it was ever bound
            return self._first_that_fits(
                line(("—  " + _("in no kernel table"), "muted")), line(("—", "muted"))
            )
        return self._first_that_fits(
            line(("—  " + _("not bound, in no kernel table"), "muted")),
            line(("—  " + _("in no kernel table"), "muted")),
            line(("—  " + _("not bound"), "muted")),
        )

    def _first_that_fits(self, *candidates: Line, taken: int = 16) -> Line:
        return next((it for it in candidates if it.width + taken <= self.width), candidates[-1])

    def _ends(self, row: SocketRow, room: int) -> Line:
        texts: tuple[str, ...]
        if row.bound_only:
            name = address_text(row.local)
            texts = (
                " " + _("bound to {name}, not listening").format(name=name),
                " " + _("bound to {name}").format(name=name),
                name,
                f":{port_of(row.local)}",
            )
        elif row.family == "AF_UNIX":
            texts = (address_text(row.local or row.peer),)
        elif row.peer is None:
            texts = (address_text(row.local), f":{port_of(row.local)}")
        else:
            ends = ends_text(row.local, row.peer)
            texts = (
                ends,
                ends.replace(" → ", "→"),
                f":{port_of(row.local)}→:{port_of(row.peer)}",
                f"→:{port_of(row.peer)}",
            )
        # Half a port number would be another port: better none.
        return next((line(text) for text in texts if cell_len(text) <= room), self._cut(texts[-1], row, room))

    def _cut(self, text: str, row: SocketRow, room: int) -> Line:
        return crop(line(text), max(0, room)) if row.family == "AF_UNIX" or row.peer is None else Line()

    def _timer(self, row: SocketRow) -> str:
        times = _("probed ×{count}") if row.timer in (Timer.PERSIST, Timer.KEEPALIVE) else _("again ×{count}")
        return self._countdown(row) + (", " + times.format(count=row.retransmits) if row.retransmits else "")

    def _countdown(self, row: SocketRow) -> str:
        counts, over = _TIMER_WORDS[row.timer] if row.timer is not None else _ANY_TIMER
        time = self._time_left(row)
        return _(counts).format(time=time) if time else _(over)

    def _time_left(self, row: SocketRow) -> str:
        """Until the row's timer runs out; nothing once it has."""
        assert row.expires is not None
        now = self.view.now if self.view.now is not None else self.view.world.at
        return seconds_text(row.expires - now) if row.expires > now else ""

    def _brief_timer(self, row: SocketRow, room: int) -> Line:
        """The countdown at the end of a socket's own line, as long as there is room for."""
        if row.expires is None:
            return Line()
        texts = (f"  {self._timer(row)}", f"  {self._countdown(row)}", f" {self._time_left(row)}")
        said = next((text for text in texts if cell_len(text) <= room), "")
        return line((said, self._timer_role(row)))

    def _brief_queue(self, row: SocketRow, room: int) -> Line:
        """The bytes that wait, at the end of a socket's own line: what there is to read matters more than whose it is."""
        if row.is_listening or row.state in _HAS_FIN or row.state in _FIN_UNACKED or row.bound_only:
            return Line()
        name, count = ("recv-q", row.recv_q) if row.recv_q else ("send-q", row.send_q)
        told = line(f"  {name} ", (str(count), "strong"))
        return told if count and told.width <= room else Line()

    def _timer_role(self, row: SocketRow) -> str:
        return f"{'asleep' if row.timer in (Timer.ON, Timer.PERSIST) else 'muted'} {TICKING}"

    def _queues(self, row: SocketRow, detail: int) -> list[Line]:
        half_open = syn_queue(self.view, self.lookup, row, self.width, self.hues)
        if not half_open and detail > 1 and row.protocol == "TCP":  # only TCP shakes hands
            half_open = [no_syn_queue(self.width)]
        dropped = turned_away(self.view, self.lookup, row, self.width)
        return accept_queue(self.view, self.lookup, row, self.width, self.hues) + dropped + half_open

    def _traffic(self, row: SocketRow, detail: int) -> list[Line]:
        lines: list[Line] = []
        if row.expires is not None:
            lines.append(line("   ", (self._timer(row), self._timer_role(row))))
        orphan_at_rest = not row.inode and not row.recv_q and not row.send_q
        worth_it = bool(row.recv_q or row.send_q) and not lines
        if (worth_it or detail > 1) and not row.bound_only and not orphan_at_rest:
            lines += self._bytes(row)
        if row.drops:
            lines.append(line("   ", (_("{count} dropped for want of room").format(count=row.drops), "bad")))
        return lines

    def _bytes(self, row: SocketRow) -> list[Line]:
        received = line(
            "recv-q ", (str(row.recv_q), "strong" if row.recv_q else "muted"), (_received(row), "muted")
        )
        sent = line("send-q ", (str(row.send_q), "strong" if row.send_q else "muted"), (_sent(row), "muted"))
        indent = line("   ")
        if received.width + sent.width + 5 < self.width:
            second = max(received.width, min(18, self.width - sent.width - 6))
            return [indent + fit(received, second) + line("  ") + sent]
        if row.recv_q and row.send_q:
            return [indent + received, indent + sent]
        return [indent + (received if row.recv_q else sent)]

    def is_new_descriptor(self, it: DescriptorRow) -> bool:
        """Whether the process did not have it an event ago."""
        before = self.view.before.processes.get(self.process.name)
        return it.entry is not None and (
            before is None or all((e.fd, e.inode) != (it.entry.fd, it.inode) for e in before.fds)
        )

    def _is_new(self, it: DescriptorRow) -> bool:
        old = self.view.before.row_of(it.inode) if it.inode else None
        return old is None or it.row is None or old.state is not it.row.state

    def _emphasis(self, it: DescriptorRow) -> str:
        focus = self.view.focus
        if focus.inode is None or not it.inode:
            return ""
        if focus.inode == it.inode:
            return "mark"
        if it.row is not None:
            other = self.lookup.peer(it.row)
            if other is not None and other.inode == focus.inode:
                return "related"
        return ""


def _plain_target(entry: FdEntry) -> str:
    return (
        entry.target.removeprefix("anon_inode:").strip("[]")
        if entry.target.startswith("anon_inode")
        else entry.target
    )


def _received(row: SocketRow) -> str:
    if row.protocol == "UDP" and row.recv_q:
        return " " + _("of memory")
    if row.state in _HAS_FIN and row.recv_q:
        waiting = row.recv_q - 1
        if not waiting:
            return " " + _("= the FIN")
        return " " + ngettext("= {count} byte + the FIN", "= {count} bytes + the FIN", waiting).format(
            count=waiting
        )
    return " " + _("to be read") if row.recv_q else ""


def _sent(row: SocketRow) -> str:
    if not row.send_q:
        return ""
    if row.state is State.SYN_SENT:
        return " " + _("= the SYN")
    if row.state in _FIN_UNACKED:
        return " " + (
            _("= {count} + the FIN").format(count=row.send_q - 1) if row.send_q > 1 else _("= the FIN")
        )
    return " " + (_("not acknowledged") if row.protocol == "TCP" else _("of memory"))
