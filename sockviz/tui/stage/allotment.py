"""How many lines each part of a stage gets where they stand one below the other: who matters now has what it needs, the others
share what is left, those who rest after everyone else. Pure: numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """What one part would take, in lines: ``hand``, without which a line at hand is not whole; ``now``, without which what
    matters now is not in sight; ``least``, below which it is no more than a line; ``most``, where it has a bound; ``wanted``,
    after which the others come first, where there is such. Who ``rests`` is no more than a line until the others have what they
    want."""

    now: int
    least: int
    most: int | None = None
    wanted: int | None = None
    rests: bool = False
    hand: int = 1


def allotted(wishes: Sequence[Wish], order: Sequence[int], room: int) -> list[int]:
    """The lines of each of `wishes`, together no more than `room`. `order` has their places, who matters most first.

    Each has a line, as long as there are lines; then what is at hand; then as many of them as there is room for are whole.
    """
    given = [0] * len(wishes)
    for place in order:
        if room > 0:
            given[place], room = 1, room - 1
    for place in order:
        more = min(wishes[place].hand - given[place], room)
        if more > 0:
            given[place], room = given[place] + more, room - more
    whole: list[int] = []
    for rests in (False, True):
        for place in order:
            if wishes[place].rests is rests:
                room = _made_whole(wishes, given, whole, place, room)
        room = _shared(given, {place: _first_bound(wishes[place]) for place in whole}, room)
    _shared(given, {place: wishes[place].most for place in whole}, room)
    return given


def _first_bound(wish: Wish) -> int | None:
    return wish.most if wish.wanted is None else wish.wanted


def _made_whole(wishes: Sequence[Wish], given: list[int], whole: list[int], place: int, room: int) -> int:
    """The room that is left when the part at `place` has what it needs, or, where it does not come first, its line."""
    needed = max(wishes[place].now, wishes[place].least) - given[place]
    if not given[place] or wishes[place].most == 1:
        return room
    if needed > room:
        # Not all that it needs: better a part of it than a line, for whoever comes first.
        needed = room if not whole or given[place] + room >= wishes[place].least else 0
    if needed > 0:
        given[place], room = given[place] + needed, room - needed
    if given[place] > 1:
        whole.append(place)
    return room


def _shared(given: list[int], most: Mapping[int, int | None], room: int) -> int:
    """What is left, a line at a time to whoever has least of those in `most`, until each has that; what then is left still."""
    while room > 0:
        hungry = [place for place, bound in most.items() if bound is None or given[place] < bound]
        if not hungry:
            break
        smallest = min(hungry, key=lambda place: given[place])
        given[smallest], room = given[smallest] + 1, room - 1
    return room
