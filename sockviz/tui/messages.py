"""What the widgets say: every message of the front end, in the past tense. The screen decides what follows from one."""

from __future__ import annotations

from textual.message import Message

from sockviz.tui.view import Focus


class SocketFocused(Message):
    """The reader pointed at a socket of the stage."""

    def __init__(self, inode: int) -> None:
        super().__init__()
        self.inode = inode

    @property
    def focus(self) -> Focus:
        """What was pointed at."""
        return Focus(inode=self.inode)

    def can_replace(self, message: Message) -> bool:
        """Only the last thing pointed at counts."""
        return isinstance(message, SocketFocused | LineFocused | PacketFocused | CallFocused)


class LineFocused(Message):
    """The reader pointed at a line of the lesson's code (1-based line of the file)."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line

    @property
    def focus(self) -> Focus:
        """What was pointed at."""
        return Focus(line=self.line)

    def can_replace(self, message: Message) -> bool:
        """Only the last thing pointed at counts."""
        return isinstance(message, SocketFocused | LineFocused | PacketFocused | CallFocused)


class PacketFocused(Message):
    """The reader pointed at a captured packet (its number in the world's packets)."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    @property
    def focus(self) -> Focus:
        """What was pointed at."""
        return Focus(packet=self.number)

    def can_replace(self, message: Message) -> bool:
        """Only the last thing pointed at counts."""
        return isinstance(message, SocketFocused | LineFocused | PacketFocused | CallFocused)


class CallFocused(Message):
    """The reader pointed at a call of a program's: its process and its number there."""

    def __init__(self, process: str, number: int) -> None:
        super().__init__()
        self.process, self.number = process, number

    @property
    def focus(self) -> Focus:
        """What was pointed at."""
        return Focus(call=(self.process, self.number))

    def can_replace(self, message: Message) -> bool:
        """Only the last thing pointed at counts."""
        return isinstance(message, SocketFocused | LineFocused | PacketFocused | CallFocused)


class InspectRequested(Message):
    """The reader asked for the evidence of what is pointed at (a second click on it)."""

    def __init__(self, focus: Focus) -> None:
        super().__init__()
        self.focus = focus


class MomentChosen(Message):
    """The reader pointed at a moment of the timeline (after so many events)."""

    def __init__(self, event: int) -> None:
        super().__init__()
        self.event = event


class TaskChosen(Message):
    """The reader clicked a held task; ``again``: it was chosen already."""

    def __init__(self, task: str, again: bool) -> None:
        super().__init__()
        self.task, self.again = task, again
