from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import warm


@pytest.fixture(autouse=True, scope="module")
def warm_labs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        warm.labs(patch)
        yield
