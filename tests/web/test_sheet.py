"""The pages' own colours stand off what they stand on (WCAG 2.2, 1.4.3), by day and by night."""

from __future__ import annotations

import re

import pytest

from sockviz.web import pages
from sockviz.web.server import static_files

SHEET = static_files()["page.css"].read_text("utf-8")
TEXTS, GROUNDS = ("text", "quiet", "link", "accent", "good"), ("ground", "raised")


def _declared() -> list[dict[str, str]]:
    return [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", each))
        for each in re.findall(r":root \{[^}]*\}", SHEET)
    ]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", _declared(), ids=["light", "dark"])
def test_text_stands_off_its_ground(colours: dict[str, str]) -> None:
    for text in TEXTS:
        for ground in GROUNDS:
            bright, dark = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.search(r"https?:|@import|url\(\s*[\"']?//", SHEET)
    assert "http" not in static_files()["page.js"].read_text("utf-8").replace('replace("http", "ws")', "")


@pytest.mark.parametrize("keeps", [True, False])
def test_who_loses_the_connection_is_told_for_how_long_progress_is_kept(keeps: bool) -> None:
    assert ("as long as the server runs" in pages.session("home", "sockviz", keeps=keeps)) is not keeps
