"""The keys that can be pressed now, in one line that always fits; each can be clicked, and explains itself under the mouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from sockviz.language import _
from sockviz.tui.lettering import assemble, plain


class KeyBar(Widget):
    """All bindings of the screen that are shown, in their order."""

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._spans: list[tuple[int, int, Binding]] = []
        self._renamed: Mapping[str, str] = {}

    def on_mount(self) -> None:
        """Follows the bindings that are active."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        """No longer follows."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def rename(self, actions: Mapping[str, str]) -> None:
        """What `actions` do now, where it is something else than their bindings say; nothing worth a place: empty."""
        if actions != self._renamed:
            self._renamed = actions
            self.refresh()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """The tooltip is that of the key under the mouse."""
        under = next((b for first, last, b in self._spans if first <= event.x < last), None)
        self.tooltip = plain(_(under.tooltip or under.description)) if under else None

    def on_click(self, event: events.Click) -> None:
        """A click is that key."""
        for first, last, binding in self._spans:
            if first <= event.x < last:
                self.app.simulate_key(binding.key)

    def render(self) -> Content:
        """As many keys as fit; the last two (help and quit) always."""
        shown: dict[str, Binding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show and active.enabled and self._renamed.get(active.binding.action) != "":
                shown.setdefault(active.binding.action, active.binding)
        bindings = self._in_order(shown.values())  # the focused widget's own would come first
        for gap, short in (("  ", False), ("  ", True), (" ", True)):
            texts = {binding: self._text(binding, short) for binding in bindings}
            if self._fits(bindings, texts, gap):
                break
        while len(bindings) > 3 and not self._fits(bindings, texts, gap):
            del bindings[-3]
        return self._drawn(bindings, texts, gap)

    def _fits(self, bindings: list[Binding], texts: dict[Binding, str], gap: str) -> bool:
        used = sum(cell_len(self._key(b)) + 1 + cell_len(texts[b]) for b in bindings)
        return 2 + used + len(gap) * (len(bindings) - 1) <= self.size.width

    def _in_order(self, bindings: Iterable[Binding]) -> list[Binding]:
        """As the screen lists its own, others before help and quit."""
        own = [b for b in self.screen.BINDINGS if isinstance(b, Binding)]
        order = {b.id: float(place) for place, b in reversed(list(enumerate(own)))}
        last = [order[b.id] for b in own if b.show][-2:]
        others = last[0] - 0.5 if last else 0.0
        return sorted(bindings, key=lambda binding: order.get(binding.id, others))

    def _text(self, binding: Binding, short: bool) -> str:
        """``C/Python``, or where room is short ``C``."""
        said = _(self._renamed.get(binding.action, binding.description))
        return said.partition("/")[0] if short else said

    def _key(self, binding: Binding) -> str:
        return self.app.get_key_display(binding)

    def _drawn(self, bindings: list[Binding], texts: dict[Binding, str], gap: str) -> Content:
        parts: list[str | tuple[str, str] | Content] = [" "]
        self._spans, at = [], 1
        for binding in bindings:
            key, text = self._key(binding), texts[binding]
            parts += [(key, "bold $primary"), (f" {text}", "$quiet"), gap]
            width = cell_len(key) + 1 + cell_len(text)
            self._spans.append((at, at + width, binding))
            at += width + len(gap)
        return assemble(*parts)
