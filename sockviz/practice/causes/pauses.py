"""How long a program waited for an answer before it asked again, or gave up: less than it should have, or more."""

from __future__ import annotations

import ast
from itertools import pairwise

from sockviz.language import _
from sockviz.model.process import Process
from sockviz.practice.causes.case import Advice, Case
from sockviz.practice.causes.questions import Datagram, datagrams_sent
from sockviz.words.wording import duration_text


def asked_too_hastily(case: Case) -> Advice | None:
    """Where it is asked how long the program waited: that it went on, or ended, sooner than it should have."""
    least = next(
        (
            node.comparators[0].value
            for node in case.nodes
            if isinstance(node, ast.Compare)
            and isinstance(node.comparators[0], ast.Constant)
            and isinstance(node.comparators[0].value, int | float)
        ),
        None,
    )
    if least is None or not case.asks_for("pauses"):
        return None
    following = _(
        "each time wait as long as the task says, after the last one, too; only then ask again, or give up"
    )
    for process in case.programs:
        asked = list(datagrams_sent(case, process.calls))
        for one, other in pairwise(asked):
            waited = other.call.entered - one.call.entered
            if one.data == other.data and waited < least:
                return Advice(_again(case, process, other, waited), following)
        if asked and process.ended is not None and process.ended - asked[-1].call.entered < least:
            return Advice(
                _("{process} ended {waited} after it had sent {data}, by {send}").format(
                    process=process.name, data=repr(asked[-1].data), send=case.made(asked[-1].call),
                    waited=duration_text(process.ended - asked[-1].call.entered),
                ),
                following,
            )  # fmt: skip
    return None


def asked_too_late(case: Case) -> Advice | None:
    """Where a question was to come again soon: that it came, but later."""
    expected = case.compared.expected if case.compared is not None else None
    limit = case.expectation.within if case.expectation is not None else 0.0
    for process in case.programs:
        for one, other in pairwise(datagrams_sent(case, process.calls)):
            waited = other.call.entered - one.call.entered
            if one.data == other.data == expected and waited > limit:
                return Advice(
                    _again(case, process, other, waited),
                    _("wait no longer than the task says, and then send the question again"),
                )
    return None


def _again(case: Case, process: Process, other: Datagram, waited: float) -> str:
    """That a question came again so long after the time before (seconds)."""
    return _("{process} sent {data} by {send} again only {waited} after the time before").format(
        process=process.name,
        data=repr(other.data),
        send=case.made(other.call),
        waited=duration_text(waited),
    )
