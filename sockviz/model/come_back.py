"""What the calls of one process have come to in some turns of a loop (`sockviz.model.turns`), each made once it is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.model.call import Call, as_come_back
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.later import Later
from sockviz.model.turns import Turns, Whose


def number_of(call: CallEntered | Call) -> int:
    """The number of a call, however much is known of it."""
    return call.number if isinstance(call, Call) else call.call


class ComeBack:
    """Of regular `turns` what `process` has done in them; ``before``: which call each task was in, that was in one.

    ``entered``: the number of the call that it has entered last, 0 where it is none of these; ``calls``: those that have come
    back, in order; ``latest``: of each name the last of them.
    """

    def __init__(self, turns: Turns, process: str, before: Mapping[Whose, CallEntered | Call]) -> None:
        self._turns = turns
        self._process = process
        self._before = before
        entered: list[int] = []  # the places of the last of each kind
        back: list[int] = []
        for number, like in turns.kinds.items():
            if like.process == process:
                (entered if isinstance(like, CallEntered) else back).append(turns.last_of(number))
        self.entered = max((turns.calls[place] for place in entered), default=0)
        self.calls = Later(self._count(), self._all)
        self.latest: dict[str, Call] = {}
        for place in sorted(back):
            call = self._at(place)
            self.latest[call.name] = call

    def _count(self) -> int:
        turns = self._turns
        return sum(
            count
            for (_entered, number), count in turns.survey.pairs.items()
            if turns.kinds[number].process == self._process
        )

    def _at(self, place: int) -> Call:
        """The call that comes back at a place."""
        turns = self._turns
        event, begun = turns.event(place), turns.entered_at(place)
        assert isinstance(event, CallReturned)
        entered = self._before[event.process, event.task] if begun is None else turns.event(begun)
        assert not isinstance(entered, CallReturned)
        return as_come_back(entered, event)

    def _all(self) -> list[Call]:
        inside: dict[int, CallEntered | Call] = {
            task: call for (name, task), call in self._before.items() if name == self._process
        }
        made = []
        for event in self._turns:
            if event.process == self._process:
                if isinstance(event, CallEntered):
                    inside[event.task] = event
                else:
                    made.append(as_come_back(inside.pop(event.task), event))
        return made
