"""The ways in which asking the kernel can fail."""

from __future__ import annotations

import errno
import os


class KernelError(Exception):
    """Something that the kernel was asked could not be learned."""


class BadMessage(KernelError):
    """Bytes that are not of the form the kernel writes: cut short, or of another interface."""


class DumpInterrupted(KernelError):
    """Sockets came and went during every attempt to list them (NLM_F_DUMP_INTR), or another reader was at it (EBUSY)."""


class KernelRefused(KernelError):
    """The kernel answered with an errno. ``operation`` says what it was asked."""

    def __init__(self, number: int, operation: str, advice: str = "") -> None:
        self.number = number
        self.operation = operation
        self.advice = advice
        super().__init__(number, operation, advice)

    @property
    def name(self) -> str:
        """The errno's name, as `EACCES`."""
        return errno.errorcode.get(self.number, f"errno {self.number}")

    @property
    def is_missing(self) -> bool:
        """Whether there is no such thing (ENOENT), or no longer (ESRCH: its process is gone)."""
        return self.number in (errno.ENOENT, errno.ESRCH)

    def __str__(self) -> str:
        text = f"{self.operation}: {self.name} ({os.strerror(self.number)})"
        return f"{text}; {self.advice}" if self.advice else text
