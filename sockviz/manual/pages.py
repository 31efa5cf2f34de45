"""What a page of the manual is once it has been read. Lines are 1-based and count in the page's own file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.language import N_, _
from sockviz.problem import Problem


class BadPage(ValueError):
    """A page that cannot be shown: all that is wrong with it, each at ``path:line:column``."""

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.text(path) for problem in problems))
        self.path = path
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ManualText:
    """Markdown, and the line that it begins on."""

    markdown: str
    line: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of one call: its usual cause there, and what to do."""

    name: str
    cause: str
    remedy: str
    line: int


@dataclass(frozen=True, slots=True)
class CallPage:
    """A call, or a family of calls.

    ``functions`` are the keys of the table of calls that it describes (``socket.socket.accept``), ``also`` further names that
    it answers to (``accept4``), ``see`` where standards and man pages say more, ``related`` other pages of the manual.
    ``blocks`` begins with Yes or No.
    """

    path: str
    name: str
    summary: str
    group: str
    functions: tuple[str, ...]
    also: tuple[str, ...]
    see: tuple[str, ...]
    related: tuple[str, ...]
    does: ManualText
    c: ManualText
    python: ManualText
    returns: ManualText
    blocks: ManualText
    failures: tuple[Failure, ...]
    elsewhere: ManualText | None = None

    @property
    def says(self) -> str:
        """Its summary in the reader's language, whatever language the page is in (`sockviz.words.call_meanings`)."""
        return _(self.summary)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """An errno or EAI code, or an error that Python raises by itself.

    ``says`` is its meaning in a few words; ``cause`` and ``remedy`` are plain text: the card of a failed call shows them too.
    """

    path: str
    name: str
    says: str
    cause: str
    remedy: str
    see: tuple[str, ...]
    related: tuple[str, ...]
    more: ManualText | None = None


ManualPage: TypeAlias = CallPage | ErrorPage
#: The page of an error by its name; None where there is none.
StoryOf: TypeAlias = "Callable[[str], ErrorPage | None]"

#: The groups of calls, in the order in which they are listed.
GROUPS = (
    N_("making sockets"),
    N_("names and addresses"),
    N_("connections"),
    N_("sending and receiving"),
    N_("ending"),
    N_("options and modes"),
    N_("many at once"),
    N_("descriptors and files"),
    N_("processes and signals"),
    N_("bytes and numbers"),
)
