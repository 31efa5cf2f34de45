"""One descriptor's lines in a process's table: its number, its name, and what the kernel says of its socket."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from rich.cells import cell_len

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.process import Process
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.tui.palette import STATE_SYMBOLS, state_role
from sockviz.tui.stage import byte_lines, end_texts, timer_lines, without_row
from sockviz.tui.stage.chips import CHIP, Station, has_come, is_coming
from sockviz.tui.stage.descriptor_words import (
    brief_name,
    briefly,
    named_state,
    plain_target,
    protocol_of,
    unseen,
)
from sockviz.tui.stage.ink import Line, Span, crop, fit, line, marked, wrap
from sockviz.tui.stage.listener_lines import told_of_listener
from sockviz.tui.stage.lookup import Lookup, port_of
from sockviz.tui.stage.option_lines import at_the_end, beneath, in_one_line, telling
from sockviz.tui.stage.part_lines import Columns, PartLines
from sockviz.tui.stage.ranking import DescriptorRow, Part, asked, is_new
from sockviz.tui.view import Focus, View
from sockviz.words.meanings import dropped_text
from sockviz.words.queues import FIN_UNACKED
from sockviz.words.row_names import both_text
from sockviz.words.unread import HAS_FIN
from sockviz.words.wording import address_text


@dataclass(slots=True)
class Pen:
    """Draws the lines of one process's table in one width."""

    view: View
    process: Process
    lookup: Lookup
    width: int
    hues: dict[str, str]
    columns: Columns

    def parts(self, it: DescriptorRow) -> list[PartLines]:
        """What there is to tell beneath its own line, what matters most first."""
        row = it.row
        if row is None:
            wholly = self._without_row(it)[1] if it.entry is None or it.entry.is_socket else ""
            how = [line("   ") + each for each in wrap(wholly, self.width - 4, "muted")]
            return [*([PartLines(Part.TABLE, (how,), holds=False)] if how else []), *self._options(it)]
        told = (
            told_of_listener(self.view, self.lookup, row, self.width, self.hues)
            if row.is_listening
            else self._traffic(it, row)
        )
        told = [each for each in told if each.forms[0]]
        ends = end_texts.beneath(row, self.columns, self.width, self.view.lab)
        return [*([ends] if ends is not None else []), *told, *self._options(it)]

    def _options(self, it: DescriptorRow) -> list[PartLines]:
        """What is set on it, or what it waits for: in one line, or all of it."""
        told = telling(self.view.world, self.process, it.entry, it.inode)
        if not told:
            return []
        if it.row is None and cell_len(f"  {' '.join(told)}") < self.width - self._head(it, ()).width:
            return []  # all of it has room at the end of its own line
        whole = beneath(told, self.width)
        return [
            PartLines(Part.OPTIONS, (whole,) if len(whole) == 1 else ([in_one_line(told, self.width)], whole))
        ]

    def lines(self, it: DescriptorRow, under: Sequence[Line], told: Collection[Part]) -> list[Line]:
        """The lines of one descriptor: its own, and `under` it those that tell `told`."""
        focus = Focus(inode=it.inode) if it.inode else None
        head = self._head(it, told)
        if Part.OPTIONS not in told:
            said = telling(self.view.world, self.process, it.entry, it.inode)
            head += at_the_end(said, self.width - head.width - 1)
        lines = [head, *under]
        if it.row is not None and is_coming(self.view, it.row, Station.DESCRIPTOR):
            lines = [Line() for _ in lines]  # it is in its queue still
        elif self.view.progress < 1 and self.view.told is None and is_new(self.view, self.process, it):
            # A new descriptor is written in from the left.
            lines = [crop(x, round(self.view.progress * self.width), "") for x in lines]
        role = self._emphasis(it)
        return [marked(fit(x, self.width), role).pointing(focus) for x in lines]

    def rule(self, title: str) -> Line:
        """A faint rule with a title."""
        told = line((" ╌╌ ", "faint"), (f"{title} ", "muted"))
        return fit(told + line(("╌" * max(self.width - told.width - 1, 0), "faint")), self.width)

    def _start(self, it: DescriptorRow, columns: Columns) -> Line:
        """A socket's own line up to its ends."""
        assert it.row is not None
        state, large = it.row.state, self.view.look.large
        symbol = (STATE_SYMBOLS[state], role := state_role(state, is_new=self._is_new(it), large=large))
        if has_come(self.view, it.row, Station.DESCRIPTOR):
            symbol = (CHIP, self.hues.get(self.lookup.who(it.row)[0], role))
        protocol = f"{protocol_of(it.entry, it.row):<{columns.protocol}} " if columns.protocol else ""
        named = (f" {state:<{max(0, columns.state - 2)}}", role)
        return line(*self._numbered(it), f" {protocol}", symbol, named, " ")

    def _numbered(self, it: DescriptorRow) -> tuple[Span, Span]:
        hue = self.hues.get(self.process.name, "")
        fd, width = it.entry.fd if it.entry is not None else -1, self.columns.name
        number = f"{fd if it.entry is not None else '–':>{self.columns.number}}"
        name = self.lookup.name(self.process.name, it.inode, fd)
        brief = brief_name(name, self.process, width, ascii_only=self.view.look.ascii)
        named = f" {brief:<{width}}" if width else ""
        return (number, f"{hue} strong" if it.entry is not None else "muted"), (named, hue)

    def _head(self, it: DescriptorRow, told: Collection[Part]) -> Line:
        number, named = self._numbered(it)
        if it.entry is not None and not it.entry.is_socket:
            return line(number, named, (f" {plain_target(it.entry)}", "muted"))
        if it.row is None:
            return self._without_row(it)[0]
        start = self._start(it, self.columns)
        if start.width > self.width:
            # The state must be read whole: what can be told from elsewhere gives way.
            start = self._start(it, replace(self.columns, protocol=0, state=0))
        if start.width > self.width + 1:
            start = line(number, " ", named_state(it.row.state, large=self.view.look.large))
        room = self.width - start.width - 1
        wanted = (asked(self.view, it) or frozenset()) - frozenset(told)
        brief = self._brief(it, it.row, room, told, wanted)
        if Part.ENDS in told and (it.row.peer is not None or not it.row.has_ports):
            return start + brief
        least = cell_len(end_texts.least(it.row, self.view.lab))
        holds = it.row.recv_q or (it.row.send_q and not it.row.is_listening)
        told_beneath = (Part.ACCEPT if it.row.is_listening else Part.BYTES) in told
        runs = it.row.expires is not None and Part.TIMER not in told
        pressing = wanted - {Part.ENDS} or (holds and not told_beneath) or (runs and not brief.width)
        if pressing and (not brief.width or room - brief.width < least):
            # What is asked about comes before columns, where it can be told of such a socket.
            close = self._start(it, replace(self.columns, protocol=0, state=0))
            asked_for = self._brief(it, it.row, self.width - close.width - 1, told, wanted)
            if asked_for.width:
                start, room, brief = close, self.width - close.width - 1, asked_for
        elif room - brief.width < least <= room:
            brief = Line()  # which connection it is comes before what its timer says
        if room - brief.width < least and (tight := self._tight(it, it.row, brief)) is not None:
            return tight
        return start + self._ends(it.row, room - brief.width) + brief

    def _without_row(self, it: DescriptorRow, columns: Columns | None = None) -> tuple[Line, str]:
        """The line of a socket without a row; and what that has no room for of how it is known."""
        columns = columns or self.columns
        start = line(*self._numbered(it))
        if it.is_told:
            protocol = without_row.protocol_of(self.view.world, it.inode, it.entry)
            return start + line(
                f" {protocol:<{columns.protocol}} ", unseen(self.view.world, it.inode, self.width)
            ), ""
        these = (columns.protocol, columns.state)
        return without_row.told(self.view.world, it.inode, it.entry, start, these, self.width)

    def _tight(self, it: DescriptorRow, row: SocketRow, brief: Line) -> Line | None:
        """A socket's own line with both its ends and `brief`, without columns; None where even that has no room. What gives way,
        in this order: the longer word for its state, the symbol beside that, its own port, air, and last its name; but not what
        the page asks about."""
        number = f"{it.entry.fd if it.entry is not None else '–'}"
        said = Line(((f" {brief.text.lstrip()}", brief.runs[-1][1]),)) if brief.width else Line()
        written: tuple[str, ...] = (end_texts.least(row, self.view.lab),)
        if row.has_ports and row.peer is not None:
            written += (both := end_texts.both_ports(row), both.replace(":", ""))
        elif row.has_ports:
            written += (f":{port_of(row.local)}",)
        far = (f"→{port_of(row.peer)}",) if row.has_ports and row.peer is not None else ()
        states = briefly(row.state, large=self.view.look.large)
        wanted = asked(self.view, it)
        if wanted is not None:
            states = tuple(each for each in states if row.state.value in each[0])
        if wanted is not None and Part.ENDS in wanted:
            far = ()
        (_, hue), (named, of_name) = self._numbered(it)
        name = f" {named.strip()}" if named.strip() else ""
        # The name of a socket without a peer is all there is to its ends: the state gives way before that.
        kinds = (written,) if row.peer is not None else (written[:1], written[1:])
        for called in (name, ""):
            for margin in (" ", ""):
                for ends in (*kinds, far if called else ()):
                    for state, end in ((state, end) for state in states for end in ends):
                        whole = line(margin, (number, hue), (called, of_name), " ", state, f" {end}") + said
                        if whole.width < self.width:
                            return whole
        return None

    def _brief(
        self, it: DescriptorRow, row: SocketRow, room: int, told: Collection[Part], wanted: Collection[Part]
    ) -> Line:
        """At the end of a socket's own line what has no line beneath it, what is `wanted` first."""
        if row.is_listening:
            queues = self._brief_queues(row, told, wanted)
            forms = [queues, line(queues.text.replace("queue ", ""))]
            if row.recv_q and Part.ACCEPT not in told and not wanted:
                forms.append(line(f"  ■ {row.recv_q}"))  # that somebody waits, if not of how many
            return next((it for it in forms if it.width <= room), Line())
        timer = timer_lines.beside(self.view, row, room) if Part.TIMER not in told else Line()
        if timer.width and Part.BYTES not in wanted:
            return timer
        names = (
            self.view.subjects.sockets.get(row.inode, frozenset()) if Part.BYTES in wanted else frozenset()
        )
        own = self._whose_bytes(it, row) if Part.BYTES not in told else None
        return self._brief_queue(own, room, names) if own is not None else Line()

    def _brief_queues(self, row: SocketRow, told: Collection[Part], wanted: Collection[Part]) -> Line:
        """``■□ 1 of 2  SYN queue 1``, as far as it has to be said here."""
        parts = Line()
        if Part.ACCEPT in wanted or (row.recv_q and Part.ACCEPT not in told):
            count = (
                str(row.recv_q)
                if row.backlog is None
                else _("{count} of {most}").format(count=row.recv_q, most=row.backlog + 1)
            )
            parts += line(("  ■ " if row.recv_q else "  □ "), count)
        half_open = len(self.lookup.half_open(row))
        if Part.SYN in wanted or (half_open and Part.SYN not in told):
            parts += line("  " + _("SYN queue") + f" {half_open}")
        return parts

    def fits(self, it: DescriptorRow, columns: Columns, connections: bool) -> bool:
        """Whether its own line has room in such `columns` for what must be read of its ends; those of connections only where
        `connections` are looked at."""
        if it.row is None:
            return True
        return end_texts.fits(it.row, columns, self.width, self.view.lab, connections=connections)

    def says_as_much(self, it: DescriptorRow, columns: Columns) -> bool:
        """Whether what is known of a socket without a row stands beside its state in such `columns` as it does without."""
        if it.row is not None or self.remarked_on(it) is None:
            return True
        closest, wider = (self._without_row(it, replace(columns, state=n)) for n in (0, columns.state))
        return closest[1] == wider[1] and closest[0].text.split() == wider[0].text.split()

    def remarked_on(self, it: DescriptorRow) -> State | None:
        """Its state, where no address stands beside that but what is known of it."""
        if it.row is not None:
            return it.row.state if it.row.bound_only else None
        is_socket = not it.is_told and (it.entry is None or it.entry.is_socket)
        return without_row.state_of(self.view.world, it.inode, it.entry) if is_socket else None

    def protocol(self, it: DescriptorRow) -> str:
        """Its socket's protocol; nothing of what is no socket."""
        if it.row is not None:
            return protocol_of(it.entry, it.row)
        is_socket = it.entry is None or it.entry.is_socket
        return without_row.protocol_of(self.view.world, it.inode, it.entry) if is_socket else ""

    def _ends(self, row: SocketRow, room: int) -> Line:
        texts: tuple[str, ...]
        if not row.has_ports:
            texts = (both_text(row), both_text(row, "→"), *(() if row.local or row.peer else ("",)))
        elif row.bound_only:
            name = address_text(row.local)
            air = "" if self.columns.state > len(row.state) + 2 else " "
            texts = (
                air + _("bound to {name}, not listening").format(name=name),
                air + _("bound to {name}").format(name=name),
                name,
                f":{port_of(row.local)}",
            )
        elif row.peer is None:
            texts = (address_text(row.local), f":{port_of(row.local)}")
        else:
            both = end_texts.both_ports(row)
            texts = (
                *end_texts.all_four(row),
                end_texts.least(row, self.view.lab),
                both,
                both.replace(":", ""),
                f"→:{port_of(row.peer)}",
            )
        # Half a port number would be another port: better none.
        return next((line(text) for text in texts if cell_len(text) <= room), self._cut(texts[-1], row, room))

    def _cut(self, text: str, row: SocketRow, room: int) -> Line:
        return Line() if row.has_ports else crop(line(text), max(0, room))

    def _brief_queue(self, row: SocketRow, room: int, wanted: Collection[str]) -> Line:
        """The bytes that wait, at the end of a socket's own line: what there is to read matters more than whose it is; that there
        are none only where that is `wanted`."""
        if row.bound_only or (not wanted and (row.state in HAS_FIN or row.state in FIN_UNACKED)):
            return Line()
        received = line("  recv-q ", (str(row.recv_q), "strong"))
        sent = line("  send-q ", (str(row.send_q), "strong"))
        asked_for = (received if "recv_q" in wanted else Line()) + (sent if "send_q" in wanted else Line())
        told = asked_for if asked_for.width else received if row.recv_q else sent if row.send_q else Line()
        return told if told.width <= room else Line()

    def _traffic(self, it: DescriptorRow, row: SocketRow) -> list[PartLines]:
        told: list[PartLines] = []
        if row.expires is not None:
            told.append(
                PartLines(
                    Part.TIMER,
                    timer_lines.beneath(self.view, row, self.width),
                    holds=row.timer is not Timer.TIMEWAIT,
                )
            )
        orphan_at_rest = it.entry is None and not row.recv_q and not row.send_q
        own = self._whose_bytes(it, row)
        if own is not None and not row.bound_only and not orphan_at_rest:
            told.append(
                PartLines(
                    Part.BYTES,
                    byte_lines.beneath(self.view, own, self.width),
                    holds=bool(own.recv_q or own.send_q),
                )
            )
        if row.drops:
            dropped = line("   ", (dropped_text(row, self.view.world), "bad"))
            told.append(PartLines(Part.DROPPED, ([dropped],)))
        return told

    def _whose_bytes(self, it: DescriptorRow, row: SocketRow) -> SocketRow | None:
        """The row that tells what waits at the descriptor; None where none does.

        TIME-WAIT keeps no queues (net/ipv4/inet_diag.c, inet_twsk_diag_fill): what was not read is the socket's that the
        descriptor has, which only has a row of its own where it was bound by hand. Of MPTCP a row is one of its subflows.
        """
        if row.state is State.TIME_WAIT:
            own = self.view.world.rows_indexed().with_inode(it.inode) if it.inode else None
            return own if own is not None and own.recv_q > 1 else None  # one is the FIN
        return None if it.entry is not None and it.entry.is_mptcp else row

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
