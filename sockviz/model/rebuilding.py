"""What differences may become: a short line can say a long table again, so what is made of lines has bounds of its own."""

from __future__ import annotations

#: What the differences of one line may become, and those of a recording (bytes of memory): 1,000 clients take 6 MB, and an
#: observation of 10,000 rows as much.
MOST_OF_A_LINE, MOST = 16 << 20, 256 << 20
#: What a row takes, with its tcp_info, what is said of a process without its table, and a reference (bytes).
_ROW, _PROCESS, _REFERENCE = 640, 96, 8


class Rebuilding:
    """Counts what is made of differences. Each of its methods raises ValueError where that is too much."""

    def __init__(self) -> None:
        self.bytes = 0
        self._line = 0

    def next_line(self) -> None:
        """A new line begins."""
        self._line = 0

    def row(self) -> None:
        """A row is made."""
        self.octets(_ROW)

    def process(self) -> None:
        """A process is told of again."""
        self.octets(_PROCESS)

    def references(self, count: int) -> None:
        """A table of `count` entries is made; the entries themselves are there."""
        self.octets(count * _REFERENCE)

    def octets(self, count: int) -> None:
        """So many bytes are made."""
        self.bytes += count
        self._line += count
        if self._line > MOST_OF_A_LINE:
            raise ValueError(f"its differences make more than {MOST_OF_A_LINE >> 20} MiB")
        if self.bytes > MOST:
            raise ValueError(f"differences make more than {MOST >> 20} MiB")
