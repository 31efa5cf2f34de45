"""What the command palette (ctrl+p) offers on the lesson screen: its actions and its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, cast

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from sockviz.language import _
from sockviz.tui.lettering import plain
from sockviz.tui.reading import Reading
from sockviz.visible import visible


class Paged(Protocol):
    """A screen on which a lesson is read."""

    @property
    def reading(self) -> Reading:
        """Where its reader is."""

    def go_to_page(self, page: int) -> None:
        """Looks at where a page (from 0) began."""


class Able(Protocol):
    """A screen with keys."""

    def can_do(self, action: str) -> bool:
        """Whether a binding's action has anything to do now."""


class KeyCommands(Provider):
    """Every action that has a key."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for name, help_text, command in self._commands():
            yield DiscoveryHit(plain(name), command, name, help_text)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for name, help_text, command in self._commands():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), command, name, help_text)

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        screen, able = self.screen, cast("Able", self.screen)
        for binding in screen.BINDINGS:
            if (
                isinstance(binding, Binding)
                and not binding.action.startswith(("digit", "scroll", "pane"))
                and able.can_do(binding.action)
            ):
                name = f"{_(binding.description)} ({self.app.get_key_display(_first(binding))})"
                yield name, _(binding.tooltip), partial(screen.run_action, binding.action)


class LessonCommands(KeyCommands):
    """Every action that has a key, and every page."""

    def _commands(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        yield from super()._commands()
        paged = cast("Paged", self.screen)
        for page in paged.reading.run.script.pages:
            reached = paged.reading.has_reached(page.index)
            if not reached and paged.reading.only_read:
                break
            # Textual puts them in the order of their letters, in which a blank comes before every digit.
            number = f"{page.index + 1:>{len(str(len(paged.reading.run.script.pages)))}}"
            name = _("Page {number}: {heading}").format(
                number=number, heading=page.heading or _("without a heading")
            )
            about = (
                _("Look at where this page began")
                if reached
                else _("Perform what comes before, without stopping")
            )
            yield visible(name), about, partial(paged.go_to_page, page.index)


def _first(binding: Binding) -> Binding:
    return binding.with_key(binding.key.split(",")[0])
