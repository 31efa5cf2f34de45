"""Programs of the user's own on the screen: who is held before which call, and whose call is made next."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen

from sockviz.calls.script import Script
from sockviz.language import N_, _
from sockviz.model.events import OutputWritten
from sockviz.model.moment import Moment
from sockviz.player.next import Do, Next
from sockviz.player.refusals import CannotGoOn
from sockviz.player.traced import Traced
from sockviz.tui.cast import cast
from sockviz.tui.messages import TaskChosen
from sockviz.tui.motion import Countdowns, Frames
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.link_actions import act
from sockviz.tui.selecting import Selecting
from sockviz.tui.stage import TimelineBar
from sockviz.tui.stage.held_pane import HeldPane
from sockviz.tui.stage.output_pane import OutputPane
from sockviz.tui.view import Look, Mode, View
from sockviz.tui.widgets.heading import Heading
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.stage_area import StageArea
from sockviz.tui.widgets.title import lab_name
from sockviz.words.mistakes.rules import Rules

_WIDTHS = [(0, "-narrow"), (112, "-medium"), (160, "-wide")]
_HEIGHTS = [(0, "-short"), (32, "-tall")]


class WatchScreen(Selecting, Leaving, Screen[tuple[str, ...]]):
    """A run of programs, as it goes on. Its result is what the kernel keeps after the lab is gone."""

    CSS_PATH = "watching.tcss"
    AUTO_FOCUS = ""
    LEFT_BY = N_("Press {key} to end the programs and leave.")
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "onward", N_("oldest goes"), id="watch.onward",
            tooltip=N_("Let the task that has waited longest make its call"),
        ),
        Binding("enter", "chosen", N_("chosen goes"), id="watch.chosen", tooltip=N_("Let the chosen task make its call")),
        Binding("tab,down", "choose(1)", N_("choose"), key_display="Tab", id="watch.choose", tooltip=N_("Choose another task")),
        Binding("shift+tab,up", "choose(-1)", N_("choose"), show=False, id="watch.back", tooltip=N_("Choose the task before")),
        Binding(
            "a", "all_of_it", N_("its process goes"), id="watch.process",
            tooltip=N_("Let every task of the chosen one's process go"),
        ),
        Binding(
            "u", "until_accept", N_("until accept"), id="watch.until",
            tooltip=N_("Let the chosen task go until it calls accept"),
        ),
        Binding("p", "run", N_("run/hold"), id="watch.run", tooltip=N_("Let all run; again: hold each at its next call")),
        Binding(
            "h", "link('hold')", N_("hold"), id="link.hold",
            tooltip=N_("Two hosts: take the wire over, holding every packet from now on; again: let everything go"),
        ),
        Binding(
            "d", "link('deliver')", N_("deliver"), id="link.deliver",
            tooltip=N_("Two hosts: let the held packet that is pointed at through, else the oldest"),
        ),
        Binding("x", "link('drop')", N_("drop"), id="link.drop", tooltip=N_("Two hosts: throw that packet away, its copies too")),
        Binding("q", "leave", N_("quit"), id="watch.quit", tooltip=N_("End the programs and leave")),
    ]  # fmt: skip

    def __init__(self, source: Traced, look: Look, seconds: float | None) -> None:
        super().__init__()
        self._source, self._look, self._seconds = source, look, seconds
        self._chosen: str | None = None
        self._holds = source.holds
        self._said = ""
        self._seen = self._since = self._version = 0
        self._over = self._leaving = False
        self._rules = Rules()
        self._frames = Frames(self, self.draw)
        self._countdowns = Countdowns(self, self.draw)

    @property
    def _script(self) -> Script:
        script: Script = self._source.timeline.header.script  # type: ignore[assignment]  # programs are one
        return script

    def compose(self) -> ComposeResult:
        """Heading; who is held beside the stage; output; timeline and keys."""
        for length, breakpoints in ((self.app.size.width, _WIDTHS), (self.app.size.height, _HEIGHTS)):
            self.add_class(max(each for each in breakpoints if each[0] <= length)[1])
        script = self._script
        yield Heading()
        with Container(id="body"):
            yield HeldPane()
            yield StageArea(cast(script, script.pages[0], self._source.timeline.world, 0.0))
        yield OutputPane()
        yield TimelineBar(id="timeline")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follows the programs."""
        self._source.watch(self._frames.ask)
        self.run_worker(self._until_over(), name="over")
        self.draw()

    def on_resize(self) -> None:
        """Draws at the new size."""
        self.draw()

    async def _until_over(self) -> None:
        if self._seconds is not None:
            self.set_timer(self._seconds, self.action_leave)
        await self._source.ended()
        self._over = True
        self.draw()

    # -- drawing

    def view(self) -> View:
        """All that is known now."""
        timeline, script = self._source.timeline, self._script
        self._version += 1
        return View(
            version=self._version, script=script, page=script.pages[0], timeline=timeline, cursor=len(timeline),
            world=timeline.world, before=timeline.world_at(self._since), next=Next(Do.BUSY), mode=Mode.LIVE,
            look=self._look, problem=self._source.problem, now=time.time(),
        )  # fmt: skip

    def draw(self) -> None:
        """Everything, in one frame."""
        if not self.is_attached or self._leaving:
            return
        self._learn()
        view, held = self.view(), self._source.pending
        if self._chosen not in held:
            self._chosen = next(iter(held), None)
        pane = self.query_one(HeldPane)
        pane.held, pane.chosen, pane.said = held, self._chosen, self._state()
        heading = self.query_one(Heading)
        with self.app.batch_update():
            heading.show(self._script.title, lab_name(view.lab.kind), view.problem or self._said)
            pane.show(view)
            self.query_one(StageArea).show(view, 0.0)
            self.query_one(OutputPane).show(view)
            self.query_one(TimelineBar).show(view)
        self._countdowns.follow(view)
        self._frames.drawn()

    def _learn(self) -> None:
        """From what was appended since the last time."""
        timeline = self._source.timeline
        while self._seen < len(timeline):
            moment = Moment(timeline, self._seen)
            self._seen += 1
            if isinstance(moment.event, OutputWritten):
                self.query_one(OutputPane).printed(moment.event)
            for mistake in self._rules.after(moment):
                self._said = mistake.text
                self.app.notify(mistake.text, severity="warning", timeout=12)

    def _state(self) -> str:
        if self._over:
            return _("every program has ended; q leaves")
        return (
            _("all run; p holds each at its next call")
            if not self._holds
            else _("whoever is not asleep is on its way")
        )

    # -- letting go

    def action_onward(self) -> None:
        """The one that has waited longest."""
        self._go(next(iter(self._source.pending), None))

    def action_chosen(self) -> None:
        """The chosen one."""
        self._go(self._chosen)

    def _go(self, task: str | None) -> None:
        if task is not None:
            self._begin()
            self.run_worker(self._ordered(self._source.go(task)), name="go")

    def action_all_of_it(self) -> None:
        """All tasks of a process."""
        if self._chosen is not None:
            self._begin()
            self.run_worker(self._ordered(self._source.go_all(self._chosen.partition("/")[0])), name="go")

    def action_until_accept(self) -> None:
        """The chosen one, until it calls accept."""
        if self._chosen is not None:
            self._begin()
            self.run_worker(self._ordered(self._source.go_until(self._chosen, "accept")), name="go")

    def action_run(self) -> None:
        """All run, or each is held at its next call."""
        self._begin()
        self._holds = not self._holds
        self.run_worker(self._ordered(self._source.hold(self._holds)), name="hold")

    @on(TaskChosen)
    def _task_chosen(self, message: TaskChosen) -> None:
        self._chosen = message.task
        if message.again:
            self._go(message.task)
        self.draw()

    def action_choose(self, step: int) -> None:
        """Another task."""
        held = list(self._source.pending)
        if held:
            at = held.index(self._chosen) if self._chosen in held else 0
            self._chosen = held[(at + step) % len(held)]
        self.draw()

    def _begin(self) -> None:
        self._said = ""
        self._since = len(self._source.timeline)

    async def _ordered(self, order: Coroutine[object, object, None]) -> None:
        try:
            await order
        except CannotGoOn as cannot:
            self._said = str(cannot)
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The wire's keys, whatever their `parameters`, are there only where there is a wire."""
        del parameters
        return self._source.has_link if action == "link" else True

    def action_link(self, verb: str) -> None:
        """A hand on the wire."""
        self._begin()
        self.run_worker(self._by_hand(verb), name="link")

    async def _by_hand(self, verb: str) -> None:
        self._said = await act(self._source, self.view(), verb)
        self.draw()

    def action_leave(self) -> None:
        """Ends every program, then goes."""
        if not self._leaving:
            self._leaving = True
            self._countdowns.stop()
            self.run_worker(self._leave(), name="leave")

    async def _leave(self) -> None:
        self.dismiss(await self._source.close())
