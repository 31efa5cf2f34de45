"""What whoever sleeps waits for in vain, as things stand: looked for when somebody falls asleep, and again once others have
something else open than then."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.dataclass import dataclass
from sockviz.model.events import CallBlocked, CallReturned, Executed, Observed, ProcessEnded
from sockviz.model.moment import Moment
from sockviz.model.programs import Programs
from sockviz.model.world import World
from sockviz.words.mistakes import at_rest, lost_datagrams, waiting
from sockviz.words.mistakes.mistake import Mistake

#: The rules that say so: so it is, or it was for a moment.
RULES = waiting.RULES | lost_datagrams.RULES
#: Calls after which a descriptor less is open, or the end of a stream is on its way.
_GIVING_BACK = frozenset({"close", "close_range", "dup2", "shutdown"})


def as_things_stand(world: World) -> Iterator[Mistake]:
    """What whoever sleeps now waits for in vain."""
    yield from waiting.as_things_stand(world)
    for process in list(world.processes.values()):
        for call in process.sleeping:
            yield from lost_datagrams.after(call, world)


@dataclass(slots=True)
class Standing:
    """To be given each event of a run, in order."""

    _is_open: bool = False  # whether the next look at the kernel may find more than the last one
    _looked: float = 0.0  # when that was

    def after(self, moment: Moment) -> Iterator[Mistake]:
        """What is in vain from an event on."""
        match moment.event:
            case CallBlocked():
                self._is_open = True  # rows may be older than the sleep
                yield from _found(moment)
            case CallReturned() as event:
                if not self._is_open and event.error is None:
                    call = moment.call(event.process, event.call)
                    self._is_open = call is not None and call.name in _GIVING_BACK
            case Executed():
                self._is_open = True
            case ProcessEnded() as event:
                # What it had open is closed. What it did before that was seen, where somebody has looked since.
                ended = moment.before.processes.get(event.process)
                last = ended.last if ended is not None else None
                if last is not None and (last.returned or last.entered) >= self._looked:
                    self._is_open = True
                else:
                    yield from _found(moment)
            case Observed() as event:
                self._looked = event.at
                if self._is_open:
                    self._is_open = _is_held(moment.after)
                    yield from _found(moment)


def _found(moment: Moment) -> Iterator[Mistake]:
    yield from as_things_stand(moment.after)
    # Whoever types lines may wake anybody; and so may a program that has not begun.
    script = moment.script
    if isinstance(script, Programs) and moment.after.processes.keys() >= set(script.processes):
        yield from at_rest.mistakes(moment.after)


def _is_held(world: World) -> bool:
    """Whether something is on its way, for as long as a person likes: what it will do is not known yet."""
    return world.link is not None and bool(world.link.holding)
