"""The line to type on: for which process, what is typed, and below it what may stand there or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from sockviz.language import N_, _
from sockviz.lesson.completion import CallHelp, Completion
from sockviz.sandbox.script import can_be_named, named
from sockviz.tui.lettering import assemble, lines, plain, styled
from sockviz.tui.stage.ink import wrap
from sockviz.visible import visible

#: So many lines of the screen has what is said.
_MOST_SAID = 4
#: So many lines of before can be called back.
_MOST_KEPT = 500


class Purpose(Enum):
    """What the line is typed for."""

    PERFORM = "perform"
    EDIT = "edit"  # a line of the page reads otherwise
    KEEP = "keep"  # a file's name


#: What may stand at a place of a line, and the call that it is in: of a process, a line, and the cursor's place in it.
Offers = Callable[[str, str, int], tuple[Sequence[Completion], CallHelp | None]]


class Typing(Message):
    """Enter was pressed: what was typed, for which process, and what for."""

    def __init__(self, process: str, source: str, purpose: Purpose) -> None:
        super().__init__()
        self.process, self.source, self.purpose = process, source, purpose


class TypingLeft(Message):
    """The reader wants the keys of the screen again."""


class ProcessWanted(Message):
    """The process after the one that is typed for, or before it."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class AnotherLine(Message):
    """The line that was performed before the one that is to read otherwise (-1), or the one after it."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class _Ahead(Suggester):
    """The rest of the first thing that may stand at the end of the line: the right arrow takes it."""

    def __init__(self, line: TypedLine) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._line = line

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with it."""
        return self._line.suggestion(value)


class TypedInput(Input):
    """The line itself. Its keys are those of a shell: what was typed before, another process, out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "kept(-1)", N_("line before"), show=False, id="typed.before"),
        Binding("down", "kept(1)", N_("line after"), show=False, id="typed.after"),
        Binding("tab", "process(1)", N_("process"), id="typed.process", priority=True),
        Binding("shift+tab", "process(-1)", N_("process before"), show=False, id="typed.process-back", priority=True),
        Binding("escape", "leave", N_("keys"), id="typed.leave", priority=True),
    ]  # fmt: skip

    async def _on_key(self, event: events.Key) -> None:
        """Its own keys are done here, in their turn: elsewhere they would be done after letters that were typed after them."""
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if not binding.priority:
                event.stop()
                event.prevent_default()
                await self.run_action(binding.action)
                return
        await super()._on_key(event)

    def action_cursor_right(self, select: bool = False) -> None:
        """At its end the first of what may stand there is taken: also where it has not been drawn yet."""
        at_end = self.cursor_position == len(self.value) and self.selection.is_empty
        if not select and at_end and (whole := self.owner.suggestion(self.value)) is not None:
            self.value = whole
            self.cursor_position = len(whole)
            return
        super().action_cursor_right(select)

    async def action_submit(self) -> None:
        """The line is taken at once: what is typed after it is another's."""
        text, self.value = self.value, ""
        self.owner.submitted(text)

    def _on_paste(self, event: events.Paste) -> None:
        """As if it were typed: each line of it but the last is taken. What does not show has no key: it is written out, as it
        is in a text of Python's."""
        event.stop()
        event.prevent_default()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n").expandtabs()
        *whole, last = map(visible, text.split("\n"))
        for line in whole:
            self.insert_text_at_cursor(line)
            text, self.value = self.value, ""
            if text.strip():
                self.owner.submitted(text)
        self.insert_text_at_cursor(last)

    def action_kept(self, step: int) -> None:
        """A line of before, or the one after it."""
        self.owner.call_back(step)

    def action_process(self, step: int) -> None:
        """Another process."""
        self.post_message(ProcessWanted(step))

    def action_leave(self) -> None:
        """The screen has its keys again."""
        self.post_message(TypingLeft())

    @property
    def owner(self) -> TypedLine:
        """What it is in."""
        return next(each for each in self.ancestors if isinstance(each, TypedLine))


class TypedLine(Vertical):
    """Two lines high, and higher while more is said. ``process`` is who performs what is typed."""

    def __init__(self, offers: Offers, *, has_link: bool) -> None:
        super().__init__(id="typed")
        self._offers, self._has_link = offers, has_link
        self._given = ""  # a line that was given, as it was
        self._draft = ""  # what was typed when a line of before was called back
        self._kept: list[str] = []
        self._back = 0  # how many lines of before the one that is shown is
        self.purpose, self.process = Purpose.PERFORM, ""
        self._said = ""  # instead of what may stand there, until the next letter

    def compose(self) -> ComposeResult:
        """Whose line, the line; below it what there is to say."""
        with Horizontal(id="typed-row"):
            yield Static("", id="typed-who")
            yield TypedInput(id="typed-input", suggester=_Ahead(self), select_on_focus=False, compact=True)
        yield Static("", id="typed-hint")

    @property
    def input(self) -> TypedInput:
        """The line itself."""
        return self.query_one(TypedInput)

    @property
    def has_keys(self) -> bool:
        """Whether what is typed goes into it."""
        return self.screen.focused is self.input

    # -- what is asked

    def ask(self, purpose: Purpose, process: str, text: str = "") -> None:
        """A line of `process` is asked for, or another thing; with `text` to begin with."""
        self.ask_again(purpose, process, text)
        self.input.focus()

    def ask_again(self, purpose: Purpose, process: str, text: str = "") -> None:
        """The same, and the keys stay where they are."""
        self.purpose = purpose
        self.hue(process)
        field = self.input
        field.value = self._given = text
        field.cursor_position = len(text)
        self._back = 0
        self.say("")

    def hue(self, process: str) -> None:
        """Who performs what is typed."""
        self.process = process
        who = {Purpose.KEEP: _("keep as"), Purpose.EDIT: _("{process}, instead").format(process=process)}.get(
            self.purpose, process
        )
        self.query_one("#typed-who", Static).update(assemble((f" {who}> ", "bold $accent")))
        self._tell()

    def say(self, what: str, column: int | None = None) -> None:
        """Says something below the line, until the next letter; the cursor goes to what is wrong, at `column` (from 0)."""
        self._said = what
        if column is not None:
            self.input.cursor_position = min(column, len(self.input.value))
        self._tell()

    def submitted(self, text: str) -> None:
        """The line is taken."""
        if text.strip() and self.purpose is Purpose.PERFORM and (not self._kept or self._kept[-1] != text):
            self._kept = [*self._kept[1 - _MOST_KEPT :], text]
        self._back = 0
        found = named(text) if self.purpose is Purpose.PERFORM else None
        process, source = found[:2] if found else (self.process, text)
        if process != self.process and self.purpose is Purpose.PERFORM and self._can_be(process):
            self.hue(process)
        self.post_message(Typing(process, source.strip(), self.purpose))

    def give_back(self, text: str) -> None:
        """A line that was taken, and could not be: to be put right, unless another is typed by now."""
        if not self.input.value:
            self.input.value = self._given = text

    def _can_be(self, process: str) -> bool:
        return can_be_named(process, link=self._has_link)

    @property
    def kept(self) -> Sequence[str]:
        """The lines that were typed, the last one last."""
        return self._kept

    def begin_with(self, kept: Sequence[str]) -> None:
        """Lines that were typed before can be called back here, too."""
        self._kept = list(kept)

    def call_back(self, step: int) -> None:
        """The line before the one that is shown (-1), or the one after it; where one is to read otherwise, of those performed."""
        if self.purpose is Purpose.EDIT:
            self.post_message(AnotherLine(step))
        back = min(max(self._back - step, 0), len(self._kept))
        if back == self._back or self.purpose is not Purpose.PERFORM:
            return
        if self._back == 0:
            self._draft = self.input.value
        self._back = back
        self.input.value = self._kept[-back] if back else self._draft
        self.input.cursor_position = len(self.input.value)

    # -- what is typed

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        field = self.input  # which may have got more letters by now
        found = named(field.value) if self.purpose is Purpose.PERFORM else None
        if found and self._can_be(found[0]):
            cursor = field.cursor_position - found[2]
            field.value = found[1]
            field.cursor_position = max(cursor, 0)
            self.hue(found[0])
        if field.value and field.value != self._given:
            self._said = self._given = ""  # the next letter has been typed
        self._tell()

    def on_resize(self) -> None:
        """What was said before it had a size, or another one, is laid out for this one."""
        self._tell()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """What is below the line is told of."""
        del event
        self._tell()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Nothing may stand where nobody types."""
        del event
        self._tell()

    # -- what may stand there

    def suggestion(self, value: str) -> str | None:
        """`value` with the rest of the first thing that may stand at its end."""
        if self.purpose is Purpose.KEEP or not value.strip():
            return None
        offers, _help = self._offers(self.process, value, len(value))
        if not offers:
            return None
        first = value[: offers[0].start] + offers[0].text
        return first if first.startswith(value) and first != value else None

    def _tell(self) -> None:
        if not self.is_mounted:
            return
        hint = self.query_one("#typed-hint", Static)
        told = self._hint()
        rows = told.plain.count("\n") + 1
        if hint.styles.height is None or hint.styles.height.value != rows:
            hint.styles.height, self.styles.height = rows, rows + 1
        hint.update(told)

    def _hint(self) -> Content:
        room = max(self.size.width - 2, 10)
        if self._said:  # what is to be done about it stands at its end
            return lines(styled(f" {each.text}", "$warning") for each in wrap(self._said, room)[:_MOST_SAID])
        if not self.has_keys:
            return styled(" " + _("Press : to type."), "$quiet").truncate(room, ellipsis=True)
        if self.purpose is Purpose.KEEP:
            told = _(
                "NAME.md: a lesson; NAME.jsonl: a recording; NAME/: programs in the language that is shown"
            )
            return lines(styled(f" {each.text}", "$quiet") for each in wrap(told, room)[:_MOST_SAID])
        field = self.input
        if not field.value.strip() and self.purpose is Purpose.PERFORM:
            told = _(
                "Enter performs the line; Tab: another process, or NAME> for a new one; esc: the keys of the screen"
            )
            clauses = told.split("; ")
            while len(clauses) > 1 and cell_len(" " + "; ".join(clauses)) > room:
                clauses.pop()  # the bar below has the key that leaves
            return styled(" " + "; ".join(clauses), "$quiet").truncate(room, ellipsis=True)
        offers, call = self._offers(self.process, field.value, field.cursor_position)
        return _offered(offers, call).truncate(room, ellipsis=True)


def _offered(offers: Sequence[Completion], call: CallHelp | None) -> Content:
    """What the call is called with where the cursor stands, or what may stand there: of the first what it does."""
    parts: list[Content] = []
    if call is not None:
        parts.append(assemble((call.signature, "bold"), (f"  {call.about}", "$quiet")))
    if offers and call is None:
        first = offers[0]
        parts.append(assemble((first.label, "bold"), (f"  {first.about}", "$quiet")))
    others = offers if call is not None else offers[1:]
    if others:
        parts.append(styled("  ".join(each.label for each in others[:12]), "$accent"))
    return assemble(" ", plain("   ").join(parts)) if parts else plain("")
