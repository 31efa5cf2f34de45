"""The command that shows by hand what is in focus, copied: one after another, where there are several."""

from __future__ import annotations

import os

from textual.app import App

from sockviz.language import _
from sockviz.tui import hints
from sockviz.tui.look import takes_copies
from sockviz.tui.view import Focus, View

#: Seconds that the command stands on the screen at most, to be read, or selected where the terminal takes no copies: until a key.
_STANDS = 12.0


class Copying:
    """Copies what `evidence` says of a view's focus."""

    def __init__(self) -> None:
        self._last: tuple[Focus, int] = (Focus(), -1)
        self._stands = False

    def copy(self, view: View, app: App[object]) -> str:
        """Copies the next command, and shows it whole. Returns the hint for it."""
        from sockviz.words.evidence import evidence  # on demand, as the inspector

        focus = view.focus
        told = evidence(
            view.timeline,
            view.cursor,
            inode=focus.inode,
            line=focus.line,
            packet=focus.packet,
            call=focus.call,
        )
        commands = list(dict.fromkeys(command for _shows, command in told.commands))
        if not commands:
            return _(hints.NOTHING_TO_COPY)
        before = self._last[1] if self._last[0] == focus else -1
        number = (before + 1) % len(commands)
        self._last = (focus, number)
        command, taken = commands[number], takes_copies(os.environ)
        title = _("Copied") if taken else _("This terminal takes no copies: select it")
        if len(commands) > 1:
            title += " " + _("({number} of {count}; y again: the next)").format(
                number=number + 1, count=len(commands)
            )
        app.copy_to_clipboard(command)
        app.clear_notifications()
        app.notify(command, title=title, timeout=_STANDS)
        self._stands = True
        return hints.copied(command) if taken else ""

    def put_away(self, app: App[object]) -> None:
        """The command is no longer shown: the reader has gone on, and it is of what was in focus then."""
        if self._stands:
            self._stands = False
            app.clear_notifications()
