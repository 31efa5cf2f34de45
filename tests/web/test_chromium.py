"""The course in a real browser: keys reach it at once, a page loaded again goes on, and nothing is fetched from anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sockviz.html.document import page_of
from sockviz.manual.reader import shipped
from sockviz.player.recorded import open_recording
from tests.conftest import ROOT
from tests.required import unavailable
from tests.web.chromium import Browser, Tab, browser, chromium
from tests.web.house import House, house

RECORDINGS = ROOT / "assets" / "recordings"
#: Pixels of CSS: 210 mm, of which a browser leaves half an inch on each side.
A4_BETWEEN_ITS_MARGINS = 697


@asynccontextmanager
async def visited(directory: Path, *options: str) -> AsyncIterator[tuple[House, Browser]]:
    """A server, and a browser to visit it with."""
    if chromium() is None:
        unavailable("no Chromium is installed")
    (directory / "house").mkdir()
    async with house(directory / "house", *options) as there, browser(directory) as visitors:
        yield there, visitors


async def _is_whole(tab: Tab) -> None:
    """Nothing has gone wrong in the page, and all that it was made of came from this server."""
    assert tab.faults == []
    hosts = {urlsplit(url).hostname for url in tab.fetched if not url.startswith("data:")}
    assert hosts == {"127.0.0.1"}, tab.fetched


def test_the_first_lesson_is_read_by_keys(tmp_path: Path) -> None:
    async def it() -> None:
        async with visited(tmp_path) as (there, visitors):
            tab = await visitors.tab()
            await tab.open(there.url)
            await tab.shown("document.querySelectorAll('.lessons a').length >= 18")
            await tab.evaluate(
                "document.querySelector('.lessons a').click()"
            )  # the page is left for the session's
            await tab.drawn("page 1/")
            await tab.shown("document.activeElement.classList.contains('xterm-helper-textarea')")
            await tab.press(" ")  # nobody has clicked anything: the keys are the terminal's
            await tab.drawn("page 2/")
            await tab.evaluate("document.activeElement.blur(); window.dispatchEvent(new Event('focus'))")
            await tab.press("2")
            await tab.drawn("predict")
            before = there.look()
            assert len(before) > 4
            sessions = sum(url.startswith("ws:") for url in tab.fetched)
            await tab.ask("Page.reload")
            await tab.until(lambda: sum(url.startswith("ws:") for url in tab.fetched) > sessions)
            await tab.drawn("page 2/")
            await tab.press("q")
            await tab.shown("document.querySelectorAll('.lessons a').length >= 18")
            await tab.evaluate("document.querySelectorAll('.lessons a')[1].click()")
            await tab.drawn("One end, alone")  # the browser has all that the page is made of by now
            await tab.press("?")
            await tab.drawn("Look at the resting place before")
            assert sum("/ws/socket" in url for url in tab.fetched) == 1
            assert await tab.evaluate("document.getElementById('ended').hidden")
            await tab.press("\x1b")
            await tab.until(
                lambda: not any("Look at the resting place before" in line for line in tab.screen.display)
            )
            await tab.press(":")
            await tab.drawn("program>")
            await tab.paste("mine = socket.socket()")
            await tab.drawn("program> mine = socket.socket()")
            await _is_whole(tab)
            await visitors.close(tab)
            await there.alone()
            tab = await visitors.tab()
            await tab.open(there.url)
            await tab.shown("document.body.innerText.includes('Continue: What socket gives you')")

    asyncio.run(it())


async def _a_drawing_fits(tab: Tab, file: Path) -> None:
    """An exported page's stage is not scrolled on the narrowest phone, and on A4 two processes stand beside their wire."""
    file.write_text(
        page_of(open_recording(RECORDINGS / "05-listen.jsonl"), shipped().story), encoding="utf-8"
    )
    await tab.open(file.as_uri())
    size = {"height": 700, "deviceScaleFactor": 1, "mobile": True}  # where a scroll bar takes no room
    await tab.ask("Emulation.setDeviceMetricsOverride", width=320, **size)
    await tab.shown("document.querySelectorAll('.panels').length > 5")
    assert await tab.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.panel pre')].every(it => it.scrollWidth <= it.clientWidth)"
    )
    await tab.ask("Emulation.setEmulatedMedia", media="print")
    await tab.ask("Emulation.setDeviceMetricsOverride", width=A4_BETWEEN_ITS_MARGINS, **size)
    assert await tab.evaluate(
        "[...document.querySelectorAll('.panels > :nth-child(3)')].every(it => it.offsetTop === it.parentNode.offsetTop)"
    )
    assert await tab.evaluate("document.querySelectorAll('.panels > :nth-child(3)').length > 5")


def test_the_terminal_is_as_large_as_the_window_and_an_exported_page_fits(tmp_path: Path) -> None:
    async def it() -> None:
        async with visited(tmp_path) as (there, visitors):
            tab = await visitors.tab(1200, 800)
            await tab.open(f"{there.url}/run/")
            await tab.drawn("The first connection")
            columns, lines = tab.size
            assert columns > 110
            assert lines > 30
            size = {"deviceScaleFactor": 1, "mobile": False}
            await tab.ask("Emulation.setDeviceMetricsOverride", width=800, height=500, **size)
            await tab.until(lambda: tab.size[0] < columns and tab.size[1] < lines)
            await tab.drawn("The first connection")
            assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await _is_whole(tab)
            await _a_drawing_fits(tab, tmp_path / "listen.html")

    asyncio.run(it())


def test_on_a_phone_there_are_keys_to_touch(tmp_path: Path) -> None:
    async def it() -> None:
        async with visited(tmp_path) as (there, visitors):
            tab = await visitors.tab(390, 800, touch=True)
            await tab.open(f"{there.url}/run/first-connection")
            await tab.drawn("Two programs")
            await tab.shown("getComputedStyle(document.getElementById('keys')).display === 'flex'")
            while not any(
                "An endpoint" in line for line in tab.screen.display
            ):  # once the page's text is read
                before = list(tab.screen.display)
                await tab.evaluate("document.querySelector('#keys button').click()")
                await tab.until(lambda before=before: list(tab.screen.display) != before)  # type: ignore[misc]
            assert await tab.evaluate(
                "[...document.querySelectorAll('#keys button')].every(b => b.offsetHeight >= 44)"
            )
            await tab.open(there.url)
            await tab.shown("document.querySelectorAll('.lessons a').length >= 18")
            assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await _is_whole(tab)

    asyncio.run(it())


def test_a_page_says_why_its_session_is_over(tmp_path: Path) -> None:
    async def it() -> None:
        async with visited(tmp_path, "--sessions", "1") as (there, visitors):
            tab = await visitors.tab()
            await tab.open(f"{there.url}/run/bind")
            await tab.drawn("LIVE")
            other = await visitors.tab()
            await other.open(f"{there.url}/run/listen")
            await tab.shown("document.getElementById('ended').innerText.includes('another page')")
            await tab.shown("document.activeElement.id === 'again'")
            await other.drawn("LIVE")
            await other.press("q")
            await other.shown("location.pathname === '/'")

    asyncio.run(it())


def test_who_finds_no_place_comes_in_when_one_is_free(tmp_path: Path) -> None:
    async def it() -> None:
        async with visited(tmp_path, "--sessions", "1") as (there, visitors):
            page = await there.open("bind", await there.cookie())
            await page.drawn("LIVE")
            tab = await visitors.tab()
            await tab.open(f"{there.url}/run/bind")
            await tab.shown("document.body.innerText.includes('There is 1 place here')")
            await page.socket.close()
            await tab.drawn("LIVE")  # nobody has asked for it again

    asyncio.run(it())
