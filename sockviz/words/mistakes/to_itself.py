"""A TCP connection whose two ends are one: a client that asked for its own port, where nobody listened."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.events import Observed
from sockviz.model.moment import Moment
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import address_text


def after(event: Observed, moment: Moment) -> Iterator[Mistake]:
    """Connections among the rows that were seen."""
    for row in event.rows:
        if row.protocol != "TCP" or row.peer is None or row.local != row.peer:
            continue
        process = moment.after.owner_of(row.inode)
        if process is not None:
            yield Mistake(
                "to itself", (process, row.inode), process,
                _("a connection of {process} goes from {address} to {address}").format(
                    process=process, address=address_text(row.local)
                ),
                _("bound or given by the kernel, its own port is the very one that it calls; nobody listened there"),
                _("bind no client there, and take for the server a port below those that the kernel gives (ip_local_port_range)"),
            )  # fmt: skip
