"""A lab is there before the student saves, is taken once, opened anew where it has died, and put away where nobody needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from sockviz.lab.hearing import Heard, LabLost
from sockviz.lab.supervisor import LabRefused
from sockviz.player.started import TracingLab
from sockviz.practice.prepared import Prepared


class OfPaper:
    """A lab as far as it is prepared."""

    def __init__(self) -> None:
        self.has_died = self.is_closed = False

    def hear(self) -> Sequence[Heard]:
        return [LabLost("killed")] if self.has_died else []

    async def close(self) -> tuple[str, ...]:
        self.is_closed = True
        return ()


class Opening:
    """Opens them, unless it fails the first ``refused`` times."""

    def __init__(self, refused: int = 0) -> None:
        self.labs: list[OfPaper] = []
        self.refused = refused

    async def one(self) -> TracingLab:
        await asyncio.sleep(0)
        if self.refused:
            self.refused -= 1
            raise LabRefused("unshare", 1)
        self.labs.append(OfPaper())
        return cast(TracingLab, self.labs[-1])


def test_what_was_prepared_is_taken_once() -> None:
    async def work() -> None:
        opening = Opening()
        prepared = Prepared(opening.one)
        prepared.prepare()
        prepared.prepare()
        first, second = await prepared.take(), await prepared.take()
        assert [first, second] == opening.labs
        await prepared.close()
        assert not any(lab.is_closed for lab in opening.labs), "they are whose they were given to"

    asyncio.run(work())


def test_one_that_has_died_is_closed_and_another_one_opened() -> None:
    async def work() -> None:
        opening = Opening()
        prepared = Prepared(opening.one)
        prepared.prepare()
        while not opening.labs:
            await asyncio.sleep(0)
        opening.labs[0].has_died = True
        assert await prepared.take() is cast(object, opening.labs[1])
        assert [lab.is_closed for lab in opening.labs] == [True, False]

    asyncio.run(work())


def test_one_that_was_refused_is_asked_for_again() -> None:
    async def work() -> None:
        opening = Opening(refused=1)
        prepared = Prepared(opening.one)
        prepared.prepare()
        assert await prepared.take() is cast(object, opening.labs[0])

    asyncio.run(work())


def test_what_nobody_has_taken_is_closed_also_in_the_middle_of_being_opened() -> None:
    async def work() -> None:
        opening = Opening()
        prepared = Prepared(opening.one)
        await prepared.close()
        prepared.prepare()
        await prepared.close()
        assert [lab.is_closed for lab in opening.labs] == [True]
        prepared.prepare()
        taking = asyncio.ensure_future(prepared.take())
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait({taking})
        assert [lab.is_closed for lab in opening.labs] == [True, True]

    asyncio.run(work())


def test_who_is_cancelled_while_it_is_closed_leaves_the_end_to_whoever_closes_it_next() -> None:
    async def work() -> None:
        opening = Opening()
        prepared = Prepared(opening.one)
        prepared.prepare()
        closing = asyncio.ensure_future(prepared.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait({closing})
        await prepared.close()
        assert [lab.is_closed for lab in opening.labs] == [True]

    asyncio.run(work())
