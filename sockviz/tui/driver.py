"""Textual's driver for a terminal, made to hold: stopped, continued and ended at any moment, its window closed."""

from __future__ import annotations

import contextlib
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, TextIO, cast

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.linux_driver import LinuxDriver

from sockviz import terminal
from sockviz.tui.typed import Enough, listen

if TYPE_CHECKING:
    from textual.app import App


class TerminalDriver(LinuxDriver):
    """Takes the terminal and gives it back; in between SIGTSTP, SIGSTOP and SIGCONT may come at any moment.

    Textual's own handlers take the terminal a second time when a stopped process is continued, and work in the midst of whatever
    was interrupted. These here only tell the event loop.
    """

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event: Enough = Enough()
        self._file = _Lossy(self._file)  # type: ignore[assignment]  # all of a file that is used
        self._stopping = False
        self._frame: list[str] = []  # of one that is not over
        self._writing = threading.Lock()
        signal.signal(signal.SIGCONT, self._continued)
        ignored = before[signal.SIGTSTP] is signal.SIG_IGN  # by a shell without job control
        signal.signal(signal.SIGTSTP, signal.SIG_IGN if ignored else self._told_to_stop)

    def start_application_mode(self) -> None:
        """Takes the terminal; in the background that waits for SIGCONT."""
        terminal.taken()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is None:
            terminal.given_back()

    def stop_application_mode(self) -> None:
        """Gives the terminal back."""
        if self._writer_thread is None:
            return
        if not terminal.is_ours(self.fileno):
            self.attrs_before = None  # a shell has it again
        # What Textual's leaves on: a frame broken off, the mouse in pixels, reports that were asked for and not yet answered.
        self.write("\x1b[?2026l\x1b[?1016l\x1b[?2048l")
        super().stop_application_mode()
        terminal.given_back()

    def close(self) -> None:
        """Waits until all has been written."""
        super().close()
        self._writer_thread = None

    def write(self, data: str) -> None:
        """Writes where the terminal is taken; what is drawn meanwhile is drawn again when it is. A frame is written whole: each
        part by itself would wake the thread that writes."""
        with self._writing:  # the thread that reads writes, too
            self._frame.append(data)
            if self._frame[0] == SYNC_START and data != SYNC_END:
                return
            whole = "".join(self._frame)
            self._frame.clear()
        if self._writer_thread is not None:
            super().write(whole)

    def run_input_thread(self) -> None:
        """Tells the application what is typed."""
        listen(self.fileno, self.exit_event, self.process_message, debug=self._debug)

    # -- stopped, continued

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop)

    def _continued(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._loop.call_soon_threadsafe(self._take_again)

    def _stop(self) -> None:
        """Gives the terminal back and stops, as the signal would have had us stop; goes on where that ends."""
        self._stopping = True
        self.suspend_application_mode()
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        # To this thread: it stops before this returns. Where nobody could continue us (an orphaned process group) the
        # kernel does not stop us at all.
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)
        self._stopping = False
        self._take_again()

    def _take_again(self) -> None:
        """Whoever had the terminal meanwhile has left it as it pleased."""
        if not self._app.is_running:
            return
        self.suspend_application_mode()
        self.resume_application_mode()
        self._app.refresh(layout=True)


class _Lossy:
    """A stream that forgets what a terminal which has gone does not take: the thread that writes lives on."""

    def __init__(self, stream: object) -> None:
        self._stream = cast("TextIO", stream)

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()
