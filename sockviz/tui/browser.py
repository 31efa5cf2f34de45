"""Textual's driver for a browser, made to hold: what is drawn is written whole, nobody wakes for nothing, and the page that goes
takes its session along."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import events, messages
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size

from sockviz.language import ngettext
from sockviz.tui.typed import Enough, listen

if TYPE_CHECKING:
    from textual.app import App

#: The word that tells how many minutes are left to who does nothing (`sockviz.web.visit` sends it).
IDLE = "idle"
#: What whoever serves an application waits for (textual-serve does, too).
BEGINNING = b"__GANGLION__\n"
#: Seconds that what is said of it stands on the screen.
_STANDS = 30.0


class BrowserDriver(WebDriver):
    """Standard input and output are one socket, whose other end is `sockviz serve`."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event: Enough = Enough()
        self._write = self._write_whole  # type: ignore[assignment]  # Textual's may be cut short by a signal
        self._packets = ByteStream()

    def _write_whole(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self.fileno, left) :]
        except OSError:  # EPIPE, ECONNRESET: nobody looks any more, and whoever reads will say so
            return

    def start_application_mode(self) -> None:
        """Takes the terminal in the page. Of its focus nothing is told: who types at a page looks at it."""
        self._write(BEGINNING)
        self.write("\x1b[?1049h")  # the alternate screen
        self._enable_mouse_support()
        self.write("\x1b[?25l")  # no cursor of its own
        width, height = self._size or (80, 24)
        self._app.post_message(events.Resize(Size(width, height), Size(width, height)))
        self._request_terminal_sync_mode_support()
        self._enable_bracketed_paste()
        self._key_thread.start()

    def run_input_thread(self) -> None:
        """Tells the application what is typed; where there is no more to come, to end."""
        listen(
            self.fileno, self.exit_event, self.process_message, debug=self._debug, typed_in=self._typed_in, closed=self._end
        )  # fmt: skip

    def _typed_in(self, received: bytes) -> bytes:
        return b"".join(self._unpacked(received))

    def _unpacked(self, received: bytes) -> Iterator[bytes]:
        for kind, payload in self._packets.feed(received):
            if kind == "D":
                yield payload
            else:
                self._on_meta(kind, payload)

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """What the server says that is not typed."""
        minutes = payload.get("minutes")
        if packet_type == IDLE and isinstance(minutes, int):
            told = ngettext(
                "Nothing has been typed here for a while: this session ends in {count} minute. Any key keeps it.",
                "Nothing has been typed here for a while: this session ends in {count} minutes. Any key keeps it.",
                minutes,
            ).format(count=minutes)
            self._loop.call_soon_threadsafe(
                lambda: self._app.notify(told, severity="warning", timeout=_STANDS)
            )
        else:
            super().on_meta(packet_type, payload)

    def _end(self) -> None:
        self._app.post_message(messages.ExitApp())
