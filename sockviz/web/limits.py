"""How much of this machine visitors may take, together and each."""

from __future__ import annotations

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``sessions`` at once, of which one address has ``each`` at most; ``memory`` of one and its lab (bytes); ``idle``: seconds
    without a key after which one ends."""

    sessions: int = 20
    memory: int = 256 << 20
    idle: float = 20 * 60.0
    each: int | None = None

    @property
    def warning(self) -> float:
        """Seconds before that end at which it is announced."""
        return min(120.0, self.idle / 4)


#: The columns and lines of a terminal that a page may ask for.
COLUMNS, LINES = (20, 320), (8, 120)
#: Bytes that a page may send in one message, those that it may send at once, and those a second that it may go on with. A person
#: types, or pastes; a pointer that moves is three thousand a second.
LARGEST_MESSAGE, BURST, PER_SECOND = 1 << 20, 1 << 18, 1 << 14
#: Bytes that a session may write in one packet: many times the largest screen.
LARGEST_PACKET = 1 << 23
#: Seconds in which a page takes what it is sent.
TAKES = 60.0
#: Visitors whose progress is kept, and the seconds after which one who has not come again is forgotten.
VISITORS, FORGOTTEN = 2000, 180 * 86_400.0
#: Bytes of a file that a session can write: its progress is a hundredth of it.
LARGEST_FILE = 1 << 20
#: Connections at once, for each session that there may be, and some: a page takes half a dozen for a moment, and then one.
CONNECTIONS_EACH, CONNECTIONS = 8, 100


def clamped(value: int, bounds: tuple[int, int]) -> int:
    """`value`, or the bound that it lies beyond."""
    return max(bounds[0], min(bounds[1], value))
