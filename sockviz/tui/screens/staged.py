"""What every screen with a stage does, whatever its script: looks back and forward, points, shows evidence, takes the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events, on
from textual.binding import BindingType
from textual.messages import Prune
from textual.screen import Screen

from sockviz.language import _
from sockviz.tui import hints
from sockviz.tui.cursor import Cursor
from sockviz.tui.dirty_lines import DirtyLines
from sockviz.tui.messages import Clicked, MomentChosen, PointMoved
from sockviz.tui.motion import Playing
from sockviz.tui.screens.copying import Copying
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.link_actions import Ordered, act, can_act
from sockviz.tui.screens.picture import Picture
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.view import Focus, Mode
from sockviz.tui.widgets.overlay import OverlayKind

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual

WIDTHS = [(0, "-narrow"), (112, "-medium"), (160, "-wide"), (190, "-vast")]
HEIGHTS = [(0, "-short"), (32, "-tall")]


class StageScreen(StyledOnce, Selecting, Leaving, Screen[tuple[str, ...]]):
    """A run at its reader's cursor. Its result is what the kernel keeps after the lab is gone.

    ``cursor`` is where its reader is, ``picture`` what is drawn of it, ``playing`` what goes on by itself, ``wire`` the one that
    can be taken over. Whoever is one sets them, and says by `BINDINGS` which of the actions have a key.
    """

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    cursor: Cursor
    picture: Picture
    playing: Playing

    def __init__(self, wire: Ordered | None, manual: Callable[[], Manual]) -> None:
        super().__init__()
        self._compositor = DirtyLines()
        self._wire, self._manual = wire, manual
        self._copying = Copying()
        self._cut_short = False  # whether the last key has ended a movement

    def keep_size(self) -> None:
        """It is laid out once: for the terminal's size, which Textual tells a screen only when that is done."""
        sizes = ((self.app.size.width, WIDTHS), (self.app.size.height, HEIGHTS))
        self.add_class(*(max(each for each in kinds if each[0] <= length)[1] for length, kinds in sizes))

    async def on_prune(self, event: Prune) -> None:
        """It is being taken away, by whomever: its panes go before it does, and what goes on by itself draws on none of them."""
        del event
        self.picture.over = True
        self.picture.countdowns.stop()

    def on_key(self, event: events.Key) -> None:
        """Any key stops playing and ends a movement; `p` says itself what it means. What waits for a press goes on waiting."""
        if event.key != "p":
            self.playing.stop()
        self._cut_short = self.picture.movement.settle()
        if self._cut_short:
            self.picture.draw()

    def cut_short(self) -> bool:
        """Whether what the reader does now has ended a movement: what was told had not been seen whole until then."""
        before, self._cut_short = self._cut_short, False
        return self.picture.movement.settle() or before

    def acted(self) -> None:
        """The reader has done something: what moves by itself stops moving, and hints are over."""
        self.playing.stop()
        self.picture.movement.settle()
        self.picture.hint = ""
        self._copying.put_away(self.app)

    def moved(self) -> None:
        """The same, to somewhere else: nothing that was there waits to be told."""
        self.acted()
        self.picture.movement.finish()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The wire's keys, whatever their `parameters`, are there only where there is a wire to take over."""
        del parameters
        return self._wire is not None if action == "link" else True

    def can_do(self, action: str) -> bool:
        """Whether `action`, of a key's, has anything to do now: what has not is not offered."""
        cursor, world = self.cursor, self.cursor.world
        match action:
            case "link('hold')":
                return self._wire is not None and cursor.mode is Mode.LIVE
            case "link('deliver')" | "link('drop')" | "link('duplicate')":
                return self._wire is not None and can_act(world, cursor.mode)
            case "event(1)" | "last":
                return cursor.is_past
            case "back" | "event(-1)" | "first":
                return cursor.resting > 0
            case "close":
                return bool(self.selections) or self.picture.overlays.is_any or self.picture.focus != Focus()
        return True

    # -- looking back and forward

    def action_back(self) -> None:
        """The resting place before this one."""
        self.moved()
        self.picture.overlays.shut(OverlayKind.ERRNO)
        if not self.cursor.back():
            self.picture.hint = self.begins_here
        self.picture.draw()

    @property
    def begins_here(self) -> str:
        """Why there is nothing before."""
        return _(hints.BEGINS_HERE)

    def action_event(self, step: int) -> None:
        """To the event before or after that tells something, within what has happened."""
        self.moved()
        self.picture.overlays.shut(OverlayKind.ERRNO)
        from sockviz.words.telling import next_telling  # on demand, as what tells of events

        if not self.cursor.go(next_telling(self.cursor.timeline, self.cursor.cursor, step)) and step > 0:
            self.picture.hint = _(hints.NOTHING_AFTER)
        self.picture.draw()

    def action_first(self) -> None:
        """The first event."""
        self._go(1)

    def action_last(self) -> None:
        """LIVE again, or the end of the recording."""
        self._go(len(self.cursor.timeline))

    @on(MomentChosen)
    def _moment_chosen(self, message: MomentChosen) -> None:
        self._go(message.event)

    def _go(self, event: int) -> None:
        self.moved()
        self.picture.overlays.shut(OverlayKind.ERRNO)  # it is about a call of where one was
        self.cursor.go(event)
        self.picture.draw()

    # -- what is shown

    @on(Clicked)
    def _clicked(self, message: Clicked) -> None:
        """A click on what is pointed at already asks for its evidence."""
        if message.focus == self.picture.focus:
            self.picture.overlays.open(OverlayKind.INSPECTOR, self.picture.view())
        self.point_at(message.focus)

    @on(PointMoved)
    def _point_moved(self, message: PointMoved) -> None:
        self.point_at(message.there(self.picture.focus))

    def point_at(self, focus: Focus) -> None:
        """The reader points at something else."""
        self.picture.focus = focus
        self.picture.draw()

    def action_overlay(self, name: str) -> None:
        """Opens a panel, or closes it."""
        self.acted()
        kind, overlays = OverlayKind(name), self.picture.overlays
        if kind in overlays:
            overlays.shut(kind)
        else:
            overlays.open(kind, self.picture.view())
        self.picture.draw()

    def action_close(self) -> None:
        """Forgets what is selected; else closes what was opened last; then unzooms; then forgets what is pointed at."""
        self.acted()
        if self.selections:
            self.clear_selection()
        elif not self.picture.overlays.shut_last() and not self.picture.panes.restore():
            self.picture.focus = Focus()
            self.set_focus(None)
        self.picture.draw()

    def action_zoom(self) -> None:
        """The focused pane alone, or all again."""
        self.acted()
        self.picture.panes.toggle()
        self.picture.draw()

    def action_pane(self, step: int) -> None:
        """The focus to the next pane; where one is shown at a time, that one."""
        self.acted()
        self.picture.panes.move(step)
        self.picture.draw()

    # -- elsewhere

    @property
    def explained(self) -> list[BindingType]:
        """The keys that help tells of."""
        return list(self.BINDINGS)

    def action_link(self, verb: str) -> None:
        """A hand on the wire: holds, delivers, drops or duplicates."""
        self.moved()
        if self._wire is not None:
            self.run_worker(self._by_hand(self._wire, verb), name="link")

    async def _by_hand(self, wire: Ordered, verb: str) -> None:
        self.picture.hint = await act(wire, self.picture.view(), verb)
        self.picture.draw()

    def action_help(self) -> None:
        """All keys, and what the symbols mean."""
        self.acted()
        from sockviz.tui.screens.help import HelpScreen  # on demand: few look at it, all wait for the start

        self.app.push_screen(HelpScreen(self.explained, stage=True))

    def action_manual(self) -> None:
        """The manual's pages about what is in focus; its list, where nothing is."""
        self.acted()
        from sockviz.tui.in_focus import last_call, words_in_focus  # on demand, as help
        from sockviz.tui.screens.manual import ManualScreen

        view = self.picture.view()
        about = words_in_focus(view, OverlayKind.ERRNO in self.picture.overlays)
        self.app.push_screen(ManualScreen(self._manual, about, last_call(view)))

    def action_copy(self) -> None:
        """The command that shows by hand what is in focus goes into the clipboard; again: the next of them."""
        self.acted()
        self.picture.hint = self._copying.copy(self.picture.view(), self.app)
        self.picture.draw()
