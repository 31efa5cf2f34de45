"""What has come of a line: its result beside it, and what is said beneath it."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _
from sockviz.model.call import ENDING, NAMING, Call, Stage
from sockviz.model.process import PerformedLine as Progress
from sockviz.tui.palette import ASLEEP, DONE, FAILED
from sockviz.tui.stage.ink import Line, Span, line
from sockviz.words.kept_sentences import in_words
from sockviz.words.refusals import REFUSED
from sockviz.words.wording import asleep_in, call_as_made, outcome, values_bound


def told(progress: Progress, calls: Sequence[Call]) -> Line:
    """What the line gave, why it failed, or that it is not over."""
    if progress.error is not None:
        error = _("refused") if progress.error == REFUSED else progress.error
        return line((f"{FAILED} {error}", "bad"))
    returned = all(call.stage is Stage.RETURNED for call in calls)
    if returned and (made := values_bound(progress, calls[-1] if calls else None)):
        return line((f"→ {', '.join(made.values())}", "good"))
    if not calls:
        return line((DONE, "muted")) if progress.finished is not None else Line()
    call = next((call for call in calls if call.stage is Stage.FAILED), calls[-1])
    match call.stage:
        case Stage.FAILED | Stage.ABANDONED:
            return line((outcome(call), "muted" if call.name in ENDING else "bad"))
        case Stage.ASLEEP:
            return line((ASLEEP, "asleep strong"))
        case Stage.RETURNED:
            return line((outcome(call), "good"))
    return line(("…", "muted"))


def is_a_value(progress: Progress, current: Call | None) -> bool:
    """Whether a value is all there is to see of the line."""
    return (current is not None and current.name in NAMING) or bool(values_bound(progress, current))


def said_beneath(progress: Progress, current: Call | None, aside: str, *, is_focused: bool) -> list[Span]:
    """Where the line sleeps and what for, how its call was made, why it failed, what it did besides."""
    if current is not None and current.stage is Stage.ASLEEP:
        return [(f"{asleep_in(current)}: {aside}" if aside else asleep_in(current), "asleep")]
    said: list[Span] = []
    if is_focused and current is not None:
        said.append((call_as_made(current), "muted"))
    elif progress.error is not None and progress.message:
        said.append((in_words(progress.message), "muted"))
    return [*said, *([(aside, "muted")] if aside else [])]
