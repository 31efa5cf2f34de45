"""How many lines each part of a stage gets where they stand one below the other: who matters now has what it needs, the others
share what is left. Pure: numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """What one part would take, in lines: ``now``, without which what matters now is not in sight; ``least``, below which it is
    no more than a line; and ``most``, where it has a bound."""

    now: int
    least: int
    most: int | None = None


def allotted(wishes: Sequence[Wish], order: Sequence[int], room: int) -> list[int]:
    """The lines of each of `wishes`, together no more than `room`. `order` has their places, who matters most first.

    Each has a line, as long as there are lines; then as many of them as there is room for are whole.
    """
    given = [0] * len(wishes)
    for place in order:
        if room > 0:
            given[place], room = 1, room - 1
    whole: list[int] = []
    for place in order:
        needed = max(wishes[place].now, wishes[place].least) - given[place]
        if not given[place] or wishes[place].most == 1:
            continue
        if needed > room:
            # Not all that it needs: better a part of it than a line, for whoever comes first.
            needed = room if not whole or given[place] + room >= wishes[place].least else 0
        if needed > 0:
            given[place], room = given[place] + needed, room - needed
        if given[place] > 1:
            whole.append(place)
    return _shared(wishes, given, whole, room)


def _shared(wishes: Sequence[Wish], given: list[int], whole: list[int], room: int) -> list[int]:
    """What is left, a line at a time to whoever has least."""
    while room > 0:
        hungry = [place for place in whole if (most := wishes[place].most) is None or given[place] < most]
        if not hungry:
            break
        smallest = min(hungry, key=lambda place: given[place])
        given[smallest], room = given[smallest] + 1, room - 1
    return given
