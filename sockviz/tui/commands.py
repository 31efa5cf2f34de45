"""What the command palette (ctrl+p) offers: on the lesson screen its actions and its pages, everywhere the manual's pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.binding import Binding
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.worker import Worker

from sockviz.language import _
from sockviz.tui.lettering import plain
from sockviz.tui.screens.leaving import Leaving
from sockviz.visible import visible

if TYPE_CHECKING:
    from sockviz.tui.app import SockvizApp
    from sockviz.tui.screens.lesson import LessonScreen


class Palette(Leaving, CommandPalette):
    """Textual's palette. A search of its that finds the palette closed, its list gone, has nothing to say."""

    def _action_command_list(self, action: str) -> None:
        """A key for its list. No page up or down where there is no room for a line: Textual's looks for one."""
        if self.query_one(CommandList).scrollable_content_region or not action.startswith("page"):
            super()._action_command_list(action)

    def run_worker(self, *given: Any, **named: Any) -> Worker[Any]:
        """A search, which ends nothing but itself."""
        return super().run_worker(*given, **{**named, "exit_on_error": False})


class LessonCommands(Provider):
    """Every action that has a key, and every page."""

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
        screen = cast("LessonScreen", self.screen)
        for binding in screen.BINDINGS:
            if isinstance(binding, Binding) and not binding.action.startswith(("digit", "scroll", "pane")):
                name = f"{_(binding.description)} ({self.app.get_key_display(_first(binding))})"
                yield name, _(binding.tooltip), partial(screen.run_action, binding.action)
        for page in screen.reading.run.lesson.pages:
            name = _("Page {number}: {heading}").format(
                number=page.index + 1, heading=page.heading or _("without a heading")
            )
            yield visible(name), _("Look at where this page began"), partial(screen.go_to_page, page.index)


def _first(binding: Binding) -> Binding:
    return binding.with_key(binding.key.split(",")[0])


class ManualCommands(Provider):
    """Every page of the manual, by name, once something is typed."""

    async def search(self, query: str) -> Hits:
        """Those that match."""
        manual = cast("SockvizApp", self.app).options.manual
        matcher = self.matcher(query)
        for name in manual().names():
            title = _("Manual: {name}").format(name=name)
            if (score := matcher.match(title)) > 0:
                yield Hit(
                    score,
                    matcher.highlight(title),
                    partial(self._open, name),
                    title,
                    _("Its page of the manual"),
                )

    def _open(self, name: str) -> None:
        from sockviz.tui.screens.manual import ManualScreen  # with its first page

        self.app.push_screen(ManualScreen(cast("SockvizApp", self.app).options.manual, (name,)))
