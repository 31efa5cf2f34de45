"""How an address is written."""

from __future__ import annotations

import pytest

from sockviz.model.values import Value
from sockviz.words.wording import address_text


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("::1", 80, 0, 0), "[::1]:80"),
        ("/tmp/s", "/tmp/s"),
        ("\0name", "@name"),
        (b"\0na\0me\0", "@na\0me\0"),
        ("\0name" + 103 * "\0", "@name\\x00×103"),  # C's bind with sizeof(struct sockaddr_un)
        (108 * b"\0", "@\\x00×107"),
        (b"\0n\xff" + 9 * b"\0", "@n\\xff\\x00×9"),
    ],
)
def test_an_abstract_name_that_fills_its_struct_is_told_by_how_much(address: Value, text: str) -> None:
    assert address_text(address) == text
