"""After a lesson's last page: what it was about, which predictions the kernel kept and which it did not, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen

from sockviz.dataclass import dataclass, replace
from sockviz.language import N_, _, ngettext
from sockviz.lesson.answers import is_the_kernels
from sockviz.lesson.document import Lesson, Predict
from sockviz.model.world import World
from sockviz.tui.entry import CourseEntry
from sockviz.tui.lettering import assemble, plain, styled
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.styled_once import StyledOnce
from sockviz.tui.selecting import Selecting
from sockviz.tui.widgets.hanging import Hanging
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.markdown import inline_text
from sockviz.words.votes import tally_text

if TYPE_CHECKING:
    from sockviz.practice.listed import ExerciseEntry


class Onto(Enum):
    """What the reader chose."""

    NEXT = "next"
    BACK = "back"
    COURSE = "course"
    ANEW = "anew"


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question of the lesson, the reader's choice (None: passed over), what the kernel said (None: nothing), and how a room
    voted on it ("": it did not); whether it is the kernel that said so."""

    page: int
    question: str
    choice: str | None
    answer: str | None
    kept: bool
    room: str = ""
    is_the_kernels: bool = True


def predictions(
    lesson: Lesson, world: World, choices: Mapping[int, int | None], votes: Mapping[int, Sequence[int]]
) -> list[Prediction]:
    """Every question of `lesson` that `world` has an answer to."""
    found: list[Prediction] = []
    for page in lesson.pages:
        for question in page.predictions:
            settled = world.answers.get(question.line)
            if settled is not None:
                asked = _asked(page.index, question, choices.get(question.line), settled.answer)
                counts = votes.get(question.line, ())
                room = tally_text(counts, question.choice_of(settled.answer)) if any(counts) else ""
                said = is_the_kernels(settled.answer or "", page, world)
                found.append(replace(asked, room=room, is_the_kernels=said))
    return found


def _asked(page: int, question: Predict, choice: int | None, answer: str | None) -> Prediction:
    picked = question.choices[choice] if choice is not None and choice < len(question.choices) else None
    kept = choice is not None and question.choice_of(answer) == choice
    return Prediction(page, question.question, picked, answer, kept)


KEYS: list[BindingType] = [
    Binding(
        "space,enter,pagedown", "go('next')", N_("next lesson"), key_display=N_("space"), priority=True, id="closing.next",
        tooltip=N_("On to the next lesson (also PageDown and Enter); after the last one back to the course"),
    ),
    Binding(
        "b,escape,pageup", "go('back')", N_("back"), key_display="b", priority=True, id="closing.back",
        tooltip=N_("Back into the lesson, which is all still there (also Esc and PageUp)"),
    ),
    Binding(
        "x", "practise", N_("practise this"), id="closing.practise",
        tooltip=N_(
            "Leave the lesson for the exercise in which you do it yourself: the first that you have not passed; "
            "of several, a digit chooses another"
        ),
    ),
    Binding(
        "R,shift+r", "go('anew')", N_("anew"), key_display="R", id="closing.anew",
        tooltip=N_("This lesson from its beginning, in a new lab; a recording is looked at from there"),
    ),
    Binding("up", "scroll(-1)", N_("scroll"), key_display="↑↓", priority=True, id="closing.up", tooltip=N_("Scroll up")),
    Binding("down", "scroll(1)", N_("scroll down"), show=False, priority=True, id="closing.down", tooltip=N_("Scroll down")),
    Binding("question_mark", "help", N_("help"), key_display="?", id="closing.help", tooltip=N_("All keys")),
    Binding("q", "go('course')", N_("quit"), id="closing.quit", tooltip=N_("End the lesson and go back to the course")),
]  # fmt: skip
#: Of several exercises each has a digit.
_DIGITS: list[BindingType] = [
    Binding(
        str(number), f"practise({number})", N_("practise"), show=False, id=f"closing.practise-{number}",
        tooltip=N_("The exercise that has this digit"),
    )
    for number in range(1, 10)
]  # fmt: skip


class ClosingScreen(StyledOnce, Selecting, Leaving, Screen["Onto | ExerciseEntry"]):
    """The last page of every lesson. ``following`` is the lesson after it; None: there is none to go on to. ``practised``: the
    exercises that practise it, each with whether the reader has passed it. ``performed``: a page of it
    can be performed anew."""

    CSS_PATH = "closing.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS, *_DIGITS]
    LEFT_BY = N_("Press {key} to leave the lesson.")

    def __init__(
        self,
        lesson: Lesson,
        world: World,
        choices: Mapping[int, int | None],
        votes: Mapping[int, Sequence[int]],
        following: CourseEntry | None,
        practised: Sequence[tuple[ExerciseEntry, bool]] = (),
        *,
        performed: bool = True,
    ) -> None:
        super().__init__()
        self._performed = performed
        self._practised = practised
        self._lesson, self._world, self._following = lesson, world, following
        self._asked = predictions(lesson, world, choices, votes)

    def compose(self) -> ComposeResult:
        """One page that scrolls; keys."""
        with VerticalScroll(id="closing", can_focus=False) as box:
            lesson = self._lesson
            name = lesson.title if lesson.number is None else f"{lesson.number}  {lesson.title}"
            box.border_title = plain(_("{lesson}: done").format(lesson=name))
            yield Hanging(self._lines)
        yield KeyBar()

    def _lines(self) -> list[Content | tuple[Content, Content]]:
        return [
            *self._next(),
            *self._practise(),
            *self._missed(),
            *self._checks(),
            *self._learned(),
            *self._others(),
        ]

    def _next(self) -> list[Content | tuple[Content, Content]]:
        key = assemble("  ", (_("space"), "bold $primary"), "  ")
        if self._following is None:
            return [
                (
                    key,
                    styled(_("leaves the lesson: none follows it here"), "$quiet"),
                ),
                plain(),
            ]
        minutes = self._following.minutes
        said = (
            [
                (
                    "  "
                    + ngettext("about {count} minute", "about {count} minutes", minutes).format(
                        count=minutes
                    ),
                    "$quiet",
                )
            ]
            if minutes
            else []
        )
        onward = assemble((_("on to") + " ", "$quiet"), (self._following.name, "bold"), *said)
        return [(key, onward), (plain("         "), styled(self._following.summary, "$quiet")), plain()]

    def _practise(self) -> list[Content | tuple[Content, Content]]:
        """The exercises of this lesson, each with its key: ``x`` is the first that has not been passed."""
        offered = self._offered
        lines: list[Content | tuple[Content, Content]] = []
        for number, (entry, has_passed) in enumerate(self._practised, 1):
            key = assemble("      ", ("x" if entry is offered else str(number), "bold $primary"), "  ")
            told = ("  ✓ " + _("passed"), "$success") if has_passed else ("", "$quiet")
            name = assemble((_("practise this:") + " ", "$quiet"), (entry.title, "bold"), told)
            lines += [(key, name), (plain("         "), styled(entry.summary, "$quiet"))]
        return [*lines, plain()] if lines else []

    @property
    def _offered(self) -> ExerciseEntry | None:
        """The exercise that is practised next: the first that has not been passed, or else the first."""
        left = [entry for entry, has_passed in self._practised if not has_passed]
        return next(iter([*left, *(entry for entry, _passed in self._practised)]), None)

    def action_practise(self, number: int = 0) -> None:
        """Leaves for it, or for the one of that number (from 1)."""
        chosen = self._offered if not number else next(iter(self._practised[number - 1 :]), (None,))[0]
        if chosen is not None:
            self.dismiss(chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where no exercise practises this there is no key for one."""
        del parameters
        return action != "practise" or bool(self._practised)

    def _missed(self) -> list[Content | tuple[Content, Content]]:
        """How many predictions the kernel kept, and those that it did not."""
        made = [each for each in self._asked if each.choice is not None]
        if not made:
            return []
        kept = sum(each.kept for each in made)
        heading = _("Predictions: {kept} of {made} as the kernel had it").format(kept=kept, made=len(made))
        missed = [line for each in made if not each.kept for line in self._told(each, "✗", "$error")]
        return [styled(heading, "bold $accent"), *missed, plain()]

    def _others(self) -> list[Content | tuple[Content, Content]]:
        """The other questions: those that the kernel kept, and those that were passed over."""
        kept = [line for each in self._asked if each.kept for line in self._told(each, "✓", "$success")]
        passed = [
            line for each in self._asked if each.choice is None for line in self._told(each, "○", "$quiet")
        ]
        lines: list[Content | tuple[Content, Content]] = []
        for heading, told in ((_("Predicted as it came"), kept), (_("Asked, and passed over"), passed)):
            if told:
                lines += [plain(), styled(heading, "bold $accent"), *told]
        return lines

    def _told(self, each: Prediction, mark: str, ink: str) -> list[tuple[Content, Content]]:
        return [
            (assemble("  ", (f"{mark} ", ink)), inline_text(each.question)),
            (plain("    "), self._said(each)),
            *(
                [(plain("    "), styled(_("the room: {votes}").format(votes=each.room), "$accent"))]
                if each.room
                else []
            ),
        ]

    def _said(self, each: Prediction) -> Content:
        page = _("page {number}").format(number=each.page + 1)
        heading = self._lesson.pages[each.page].heading
        if heading:  # "And the second?" is asked of something
            page += f", {inline_text(heading).plain}"
        if each.answer is None:
            return styled(f"{page}: " + _("the kernel gave no answer"), "$quiet")
        answer, kernels = each.answer.strip(" `"), each.is_the_kernels
        if each.choice is None or each.kept:
            told = _("the kernel says {answer}") if kernels else _("the answer is {answer}")
            return styled(f"{page}: " + told.format(answer=answer), "$quiet")
        told = (
            _("the kernel says {answer}; you predicted {choice}")
            if kernels
            else _("the answer is {answer}; you predicted {choice}")
        )
        return assemble((f"{page}: ", "$quiet"), told.format(answer=answer, choice=each.choice.strip(" `")))

    def _checks(self) -> list[Content | tuple[Content, Content]]:
        failed = [line for line, judged in self._world.expectations.items() if not judged.ok]
        if not failed:
            return []
        pages = sorted({self._lesson.page_of(line).index + 1 for line in failed})
        told = ngettext(
            "{count} check did not hold (page {pages})",
            "{count} checks did not hold (pages {pages})",
            len(failed),
        ).format(count=len(failed), pages=", ".join(map(str, pages)))
        if self._performed:
            told += ": " + _("b leads back into the lesson, where r performs the open page anew")
        return [(assemble(("✗ ", "$error")), plain(told)), plain()]

    def _learned(self) -> list[Content | tuple[Content, Content]]:
        lines: list[Content | tuple[Content, Content]] = [
            styled(_("What this lesson showed"), "bold $accent"),
            (plain("  "), plain(self._lesson.summary)),
        ]
        for page in self._lesson.pages:
            if page.heading:
                lines.append((assemble("  ", ("• ", "$quiet")), inline_text(page.heading)))
        return lines

    def action_go(self, onto: str) -> None:
        """Says what was chosen."""
        self.dismiss(Onto(onto))

    def action_scroll(self, step: int) -> None:
        """Scrolls by lines."""
        self.query_one("#closing").scroll_relative(y=step, animate=False)

    def action_help(self) -> None:
        """All keys."""
        from sockviz.tui.screens.help import HelpScreen  # on demand

        bound = [each for each in KEYS if isinstance(each, Binding) and self.check_action(each.action, ())]
        self.app.push_screen(HelpScreen(bound, stage=False))
