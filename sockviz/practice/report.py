"""What `sockviz practice --once` prints: for people, and as the JSON object that graders read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sockviz.language import _

if TYPE_CHECKING:
    from sockviz.practice.attempt import Attempt
    from sockviz.practice.verdicts import Verdict


def as_json(attempt: Attempt, file: str, recording: str | None = None) -> dict[str, object]:
    """One object. ``file`` is the program's, as it was named; ``build`` what the compiler said, and only there where it said
    something."""
    said: dict[str, object] = {"build": attempt.said} if attempt.said else {}
    return {
        "slug": attempt.lesson.slug,
        "file": file,
        "language": attempt.language,
        "passed": attempt.passed,
        "verdicts": [
            {
                "line": verdict.line,
                "ok": verdict.ok,
                "observed": verdict.observed,
                "cause": verdict.cause,
                "next": verdict.next,
                "title": verdict.title,
            }
            for verdict in attempt.verdicts
        ],
        "seconds": round(attempt.seconds, 3),
        "kernel": os.uname().release,
        "recording": recording,
    } | said


def unjudged(slug: str, file: str | None, why: str) -> dict[str, object]:
    """The object of a program that could not be judged: neither passed nor not."""
    return {"slug": slug, "file": file, "passed": None, "verdicts": [], "error": why}


def as_lines(attempt: Attempt) -> list[str]:
    """For people: what the compiler said, as a quotation (a program can have it say whole lines), and a line for each verdict."""
    said = [f"> {line}" for line in attempt.said.splitlines()]
    if not attempt.built:
        return [*said, _("It could not be built, and was not judged.")]
    return [*said, *of_verdicts(attempt.verdicts)]


def of_verdicts(verdicts: Sequence[Verdict]) -> list[str]:
    """A line for each; of the first that failed all that is known."""
    lines: list[str] = []
    is_told = False
    for verdict in verdicts:
        lines.append(f"{'✓' if verdict.ok else '✗' if verdict.event is not None else '·'} {verdict.title}")
        if verdict.ok or is_told:
            continue
        is_told = True
        lines.append("    " + _("observed: {observed}").format(observed=verdict.observed))
        if (differs := verdict.difference) is not None:
            lines.append("    " + _("expected: {shown}").format(shown=differs.expected))
            lines.append("    " + _("received: {shown}").format(shown=differs.received))
        if verdict.cause:
            lines.append("    " + _("likely cause: {cause}").format(cause=verdict.cause))
        if verdict.next:
            lines.append("    " + _("next step: {next}").format(next=verdict.next))
    held = sum(verdict.ok for verdict in verdicts)
    lines.append(
        _("passed: all {count} hold").format(count=held)
        if verdicts and held == len(verdicts)
        else _("not passed: {held} of {count} hold").format(held=held, count=len(verdicts))
    )
    return lines
