"""What a lecturer reads: the notes of the page that is shown, the next line, the answer, the time, what comes next; as lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sockviz.door import Strong
from sockviz.language import _
from sockviz.lesson.document import Lesson, Page, Predict, Prose
from sockviz.player.instead import recording_path
from sockviz.spoken import spoken, spoken_inline
from sockviz.words.votes import tally_text, votes_text
from sockviz.wrapping import wrapped

#: How many words are read while a line is performed, and while a question is answered.
_OF_A_LINE, _OF_A_QUESTION = 20, 40
#: So far from the plan is nothing to speak of (seconds).
_NEARLY = 30


def plan(lesson: Lesson) -> list[float]:
    """By when (seconds from the beginning) each page is to begin, and at the end when the last is to end: the lesson's minutes,
    spread by what there is to read and to do. Empty where it does not say how long it takes."""
    if lesson.minutes is None:
        return []
    weights = [
        1
        + sum(len(block.markdown.split()) for block in page.blocks if isinstance(block, Prose))
        + _OF_A_LINE * len(page.statements)
        + _OF_A_QUESTION * len(page.predictions)
        for page in lesson.pages
    ]
    marks, scale = [0.0], lesson.minutes * 60 / sum(weights)
    for weight in weights:
        marks.append(marks[-1] + weight * scale)
    return marks


def recorded_answers(lesson: Lesson) -> dict[int, str]:
    """What the kernel said to each question, by its line, when the course was recorded; of the same text only."""
    try:
        header, *events = recording_path(lesson.path).read_bytes().splitlines()
        if json.loads(header).get("lesson") != lesson.text:
            return {}
        settled = [json.loads(line) for line in events if b'"PredictionSettled"' in line]
    except (OSError, ValueError, AttributeError):
        return {}
    return {each["line"]: each["answer"] for each in settled if isinstance(each.get("answer"), str)}


class Sheet:
    """The lines about one run of `lesson`."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self._plan = plan(lesson)
        self._recorded = recorded_answers(lesson)

    def page(self, state: Mapping[str, Any]) -> Page:
        """The page that is shown."""
        pages = self.lesson.pages
        number = state.get("page")
        return pages[min(number, len(pages) - 1) if isinstance(number, int) and number >= 0 else 0]

    def title(self, state: Mapping[str, Any]) -> list[str]:
        """The lesson, the page, and how what is shown relates to now."""
        page, lesson = self.page(state), self.lesson
        name = f"{lesson.number}  {lesson.title}" if lesson.number is not None else lesson.title
        where = _("page {number} of {pages}").format(number=page.index + 1, pages=len(lesson.pages))
        if page.heading:
            where = f"{where}: {page.heading}"
        lines = [f"{name} · {_(str(state.get('mode', '')))}", Strong(where)]
        if state.get("blank"):
            lines.append(Strong(_("The projector is blank: any key here brings it back.")))
        elif state.get("covered"):
            lines.append(_("Something lies over the lesson on the projector: it has to be closed there."))
        if state.get("typing"):
            lines.append(
                Strong(_("A line is being typed on the projector: Esc there gives these keys back."))
            )
        elif state.get("typed"):
            lines.append(
                _(
                    "Off the script: what the page expects is not judged; r on the projector brings the page back."
                )
            )
        if state.get("problem"):
            lines.append(Strong(str(state["problem"])))
            if _goes_on(state) and state.get("way_on"):
                lines.append(_("on the projector: {what}").format(what=state["way_on"]))
        return lines

    def time(self, state: Mapping[str, Any], now: float) -> str:
        """The time spent, against the plan."""
        began = state.get("began")
        spent = max(now - began, 0.0) if isinstance(began, int | float) else 0.0
        if not self._plan:
            return _("time {spent}").format(spent=_clock(spent))
        page = self.page(state).index
        told = _("time {spent} of {all}").format(spent=_clock(spent), all=_clock(self._plan[-1]))
        late, early = spent - self._plan[page + 1], self._plan[page] - spent
        if late > _NEARLY:
            how = _("{time} behind the plan").format(time=_clock(late))
        elif early > _NEARLY:
            how = _("{time} ahead of the plan").format(time=_clock(early))
        else:
            how = _("as planned")
        return f"{told} · {how}"

    def notes(self, state: Mapping[str, Any], width: int) -> list[str]:
        """The instructor's."""
        page = self.page(state)
        texts = [line for note in page.notes for line in spoken(note, width)]
        return texts or [_("(no note)")]

    def questions(self, state: Mapping[str, Any], width: int) -> list[str]:
        """What the page asks, and its answers."""
        answers = state.get("answers")
        settled = answers if isinstance(answers, dict) else {}
        lines: list[str] = []
        for asked in self.page(state).predictions:
            lines += _lines(_("Predict: {question}").format(question=spoken_inline(asked.question)), width)
            lines.append(Strong(self._answer(asked, settled.get(str(asked.line)))))
            if any(counts := counts_of(state, asked)):
                right = (
                    asked.choice_of(said) if isinstance(said := settled.get(str(asked.line)), str) else None
                )
                told = _("{votes}: {each}").format(votes=tally_text(counts, right), each=votes_text(counts))
                lines += _lines(told, width)
        return lines

    def asked(self, state: Mapping[str, Any]) -> Predict | None:
        """The question that can be voted on now."""
        return next((each for each in self.page(state).predictions if each.line == state.get("asked")), None)

    def _answer(self, asked: Predict, settled: object) -> str:
        said, told = settled, _("the answer: {answer}")
        if not isinstance(said, str):
            said = self._recorded.get(asked.line)
            told = _("the answer, when it was recorded: {answer}")
        if said is None:
            return _("the answer will be: {expression}").format(expression=asked.answer.source)
        choice = asked.choice_of(said)
        answer = spoken_inline(said)
        if choice is not None:
            answer = _("{answer} (choice {number})").format(answer=answer, number=choice + 1)
        return told.format(answer=answer)

    def next(self, state: Mapping[str, Any], width: int) -> list[str]:
        """What the next press does."""
        following = state.get("next")
        told = following if isinstance(following, dict) else {}
        match told.get("do"), told.get("line"), told.get("sleeps"):
            case "perform", [str(process), str(source), str(comment)], _sleeps:
                text = f"{process}> {' '.join(source.split())}" + (f"   # {comment}" if comment else "")
            case "wait", _line, [str(process), str(call)]:
                text = _("waits: {process} is still in {call}()").format(process=process, call=call)
            case "tell", _line, _sleeps:
                text = _("the next segment of this step")
            case "turn", _line, _sleeps:
                text = _("next page")
            case "busy", _line, _sleeps if _goes_on(state):
                text = _("the last step is still under way")
            case _ if state.get("problem"):
                on = state.get("way_on")
                text = on if isinstance(on, str) and on else _("The run can go on no more.")
            case _:
                text = _("This is the end of the lesson.")
        return [Strong(each) for each in _lines(_("next: {what}").format(what=text), width)]

    def then(self, state: Mapping[str, Any]) -> str:
        """The page after this one."""
        pages, after = self.lesson.pages, self.page(state).index + 1
        if after == len(pages):
            return _("then: the end")
        heading = pages[after].heading or _("without a heading")
        return _("then page {number}: {heading}").format(number=after + 1, heading=heading)

    def whole(self, state: Mapping[str, Any], now: float, width: int, height: int = 1 << 20) -> list[str]:
        """All of it, in `height` lines: where there is more, the notes have the room that the rest leaves, and the last line of
        them says that they go on."""
        title = [type(each)(part) for each in self.title(state) for part in _lines(each, width)]
        before = [*title, self.time(state, now)]
        asked = self.questions(state, width)
        after = [*(["", *asked] if asked else []), "", *self.next(state, width), self.then(state)]
        notes, room = self.notes(state, width), max(height - len(before) - len(after) - 1, 1)
        if len(notes) > room:
            notes = [*notes[: room - 1], "…"]
        return [*before, "", *notes, *after]


def _goes_on(state: Mapping[str, Any]) -> bool:
    """Whether the next press has the run go on, whatever is wrong with it."""
    following = state.get("next")
    do = following.get("do") if isinstance(following, dict) else None
    return do not in ({"end", "busy"} if state.get("problem") else {"end"})


def counts_of(state: Mapping[str, Any], asked: Predict) -> tuple[int, ...]:
    """A room's votes on a question, for each of its choices; empty where there are none."""
    votes = state.get("votes")
    counts = votes.get(str(asked.line)) if isinstance(votes, dict) else None
    if not isinstance(counts, list) or len(counts) != len(asked.choices):
        return ()
    return tuple(counts) if all(type(each) is int for each in counts) else ()


def _lines(text: str, width: int) -> list[str]:
    return wrapped(text, width)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
