"""A screen that takes itself away: once, and with whatever was opened over it meanwhile; and which key has it do so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from textual.actions import SkipAction
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.screen import Screen

from sockviz.language import N_, _
from sockviz.tui.screens.application import Application


class Leaving:
    """Goes before a kind of screen. Textual's `dismiss` takes away the topmost screen, whoever asks: a second click closes one
    that is not meant. (No screen itself: Textual looks for styles along the first of its own classes only.)"""

    #: What is said of the key that leaves it.
    LEFT_BY = N_("Press {key} to go back from here.")

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Takes this screen away, unless that is done; what is over it first, each once it is mounted whole. Who awaits the
        answer waits for none of that."""
        self.when_topmost(lambda: super(Leaving, self).dismiss(result))  # type: ignore[misc]  # the screen's
        return AwaitComplete()

    def when_topmost(self, leave: Callable[[], object]) -> None:
        """Has this screen `leave`, unless it has gone, once what was opened over it is taken away."""
        this = cast("Screen[Any]", self)
        app = this.app
        when_whole = cast("Application", app).when_whole

        def topmost() -> None:
            if this not in app.screen_stack:
                return
            if app.screen is this:
                leave()
            else:
                app.pop_screen()
                when_whole(topmost)

        when_whole(topmost)

    def action_copy_text(self) -> None:
        """Ctrl-C copies what is selected. Where nothing is, it ends what goes on, or says which key leaves: over a modal screen
        the application's own binding, which does so elsewhere, does not count."""
        try:
            super().action_copy_text()  # type: ignore[misc]  # the screen's
        except SkipAction:
            if not self.interrupt():
                cast("Screen[Any]", self).app.action_help_quit()

    def interrupt(self) -> bool:
        """Ends what this screen has going on, for Ctrl-C; False where that is nothing."""
        return False


def how_to_leave(screen: Screen[object]) -> str:
    """The sentence that names the key which leaves `screen`, the one that its bar or its frame names."""
    name = screen.app.get_key_display
    if isinstance(screen, Leaving) and (binding := _leaves(screen)) is not None:
        return _(screen.LEFT_BY).format(key=name(binding))
    bound = screen.active_bindings
    return _("Press {key} to leave sockviz.").format(
        key=name(bound["q"].binding) if "q" in bound else "Ctrl-Q"
    )


def _leaves(screen: Screen[object]) -> Binding | None:
    """What leaves `screen`: a binding of its own, which is known by its first key; else what is bound to escape."""
    own = [each for each in screen.BINDINGS if isinstance(each, Binding)]
    for key in ("q", "escape"):
        for binding in own:
            keys = binding.key.split(",")
            if key in keys:
                return binding.with_key(keys[0])
    found = screen.active_bindings.get("escape")
    return found.binding if found is not None else None
