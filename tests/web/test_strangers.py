"""Whoever reaches the port: malformed requests, connections that are kept for nothing, floods, names of other sites."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from sockviz.web.limits import BURST
from tests.web.house import DEADLINE, House, house
from tests.web.strangers import frame, opening, request, stranger


async def _answers(there: House) -> None:
    assert (await there.get("/"))[0].status == 200


def _log(home: Path) -> list[str]:
    return (home / "said.txt").read_text().splitlines()


#: What is no request, and the status that it is answered with.
MALFORMED: tuple[tuple[bytes, int], ...] = (
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400), (b"\x1b]0;owned\x07\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400),
    (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n", 400), (b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /run/\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
)  # fmt: skip


def test_what_is_no_http_is_answered_in_a_word_and_nobody_s_log_is_filled(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            for said, status in MALFORMED:
                async with stranger(there) as one:
                    await one.say(said)
                    answer = await one.heard()
                    if answer:  # else it was reset while it still spoke
                        assert answer.split()[1] == str(status).encode(), (said[:60], answer[:100])
                        assert len(answer) < 400, answer
                        assert b"owned" not in answer
            await _answers(there)
            assert len(_log(tmp_path)) == 1, _log(tmp_path)

    asyncio.run(it())


#: What no browser sends as the name of a host.
NAMES = (
    "127.0.0.1:1;script-src", "x;script-src@127.0.0.1", "127.0.0.1/;script-src *", "127.0.0.1#;script-src *", "127.0.0.1, evil",
    "[::1", "[127.0.0.1;]", "localhost@evil", "evil@localhost", "", "127.0.0.1\x80", "localhost\t",
)  # fmt: skip


def test_no_name_of_a_host_is_said_back_in_a_policy(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            for name in NAMES:
                async with stranger(there) as one:
                    await one.say(request(there, "/", "Connection: close", host=name))
                    head = (await one.heard()).partition(b"\r\n\r\n")[0]
                    assert head.split()[1] in (b"421", b"400") or name.strip() == "localhost", (name, head)
                    assert b"script-src *" not in head
                    assert b"\r\nContent-Security-Policy: default-src 'none'" in head or b" 400 " in head
            assert len(_log(tmp_path)) == 1

    asyncio.run(it())


def test_an_origin_that_is_none_is_nobody_s(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            cookie = await there.cookie()
            for origin in ("http://[", "http://[::1", "//", "http://\x80", "http:///"):
                async with stranger(there) as one:
                    said = opening(there, "bind", cookie)
                    await one.say(
                        said.replace(b"Origin: " + there.url.encode(), f"Origin: {origin}".encode("latin-1"))
                    )
                    assert (await one.head()).startswith(b"HTTP/1.1 403 "), origin
            assert len(_log(tmp_path)) == 1

    asyncio.run(it())


def test_who_connects_and_asks_for_nothing_is_let_go(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, limits=["asks=0.5", "look=0.1"]) as there:
            begun_again = request(there) + b"GET / HTTP/1.1\r\n"
            for said in (b"", b"GET / HTTP/1.1\r\n", begun_again):
                async with stranger(there) as one:
                    await one.say(said)
                    begun = time.monotonic()
                    dripping = asyncio.ensure_future(_drip(one.writer)) if said else None
                    answer = await one.heard()
                    if dripping is not None:
                        dripping.cancel()
                    assert time.monotonic() - begun > 0.3
                    assert answer.count(b"HTTP/1.1 ") == (said is begun_again)
            page = await there.open("bind", await there.cookie())
            await page.drawn("LIVE")
            async with stranger(there) as later:
                await later.heard()  # that it is let go
            await page.press("?")
            await page.drawn("keys and symbols")  # a session's page stays

    asyncio.run(it())


async def _drip(writer: asyncio.StreamWriter) -> None:
    """One thing after another, to no end."""
    while not writer.transport.is_closing():
        writer.write(b"X-A: b\r\n")
        await asyncio.sleep(0.05)


def test_who_takes_no_answer_is_let_go(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, limits=["takes=1", "look=0.1", "sessions=1"]) as there:
            held = []
            for _each in range(40):
                reader, writer = await asyncio.open_connection(
                    *there.url.removeprefix("http://").split(":"), limit=1
                )
                writer.write(request(there, "/static/textual.js") * 100)
                held.append((reader, writer))
            assert await _until_connections(there, lambda count: count >= 40)
            assert await _until_connections(there, lambda count: count < 3)
            for _reader, writer in held:
                writer.transport.abort()
            await _answers(there)
            assert len(_log(tmp_path)) == 1

    asyncio.run(it())


async def _until_connections(there: House, holds: object) -> bool:
    """Waits until the number of its connections is so."""
    assert callable(holds)
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        links = [_link(file) for file in Path(f"/proc/{there.process.pid}/fd").iterdir()]
        if holds(sum("socket:" in link for link in links) - 4):
            return True
        await asyncio.sleep(0.05)
    return False


def _link(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:
        return ""


def test_more_than_a_person_types_ends_the_session_at_once(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("sandbox", await there.cookie())
            await page.drawn("server>")
            typed = "a" * 30_000
            await page.press(typed)  # as one pastes
            for _each in range(BURST // len(typed) + 2):
                await page.press(typed)
            assert await page.closed() == 1009
            assert "pasted" in page.reason
            await there.alone()

    asyncio.run(it())


def test_who_goes_from_a_session_that_reads_nothing_is_gone(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("sandbox", await there.cookie())
            await page.drawn("server>")
            begins = there.children(there.process.pid)
            session = there.children(*begins)
            assert len(session) == 1
            os.kill(session[0], signal.SIGSTOP)  # it reads nothing
            for _each in range(4):
                await page.press("a" * 60_000)
            await page.socket.close()
            await there.alone()

    asyncio.run(it())


#: Frames that none of ours sends, and the code with which the page is closed; None: it is reset.
FRAMES: tuple[tuple[bytes, int | None], ...] = (
    (frame(b"x", size=1 << 40), 1009), (b"\x81\xff" + b"\xff" * 8 + bytes(4), 1009),
    (frame(b"x", 5), 1002), (frame(b"x", 2), 1008),
    (frame(b"x" * 126, 9), 1002), (b"\xf1\x80" + bytes(4), 1002), (frame(b'["stdin", "\xff"]'), 1007),
    (frame(b'["stdin", "', last=False) + frame(b"a" * 100_000, 0, last=False) * 20, 1009), (frame(b"\x00\x01", 8), 1002),
)  # fmt: skip


def test_frames_of_no_browser_end_the_session(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            for said, code in FRAMES:
                async with stranger(there) as one:
                    await one.say(opening(there, "", await there.cookie()))
                    await one.head()
                    await one.say(said)
                    heard = await one.heard()
                    closing = b"\x88"
                    if closing in heard[-130:]:  # else it was reset
                        at = heard.rindex(closing, len(heard) - 130 if len(heard) > 130 else 0)
                        assert int.from_bytes(heard[at + 2 : at + 4], "big") == code, (said[:30], heard[-60:])
            await there.alone()
            await _answers(there)

    asyncio.run(it())


def test_of_many_pages_of_one_visitor_the_newest_has_a_session(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            cookie = await there.cookie()
            first = await there.open("bind", cookie)
            await first.drawn("LIVE")
            begun = set(there.look())
            pages = await asyncio.gather(*(there.open("bind", cookie) for _each in range(30)))
            codes = await asyncio.gather(*(_drawn_or_closed(page) for page in pages))
            assert sorted(codes, key=str)[:-1] == [4003] * 29
            assert len(there.directories()) == 1
            assert begun

    asyncio.run(it())


async def _drawn_or_closed(page: object) -> int | None:
    from tests.web.house import Page

    assert isinstance(page, Page)
    async with asyncio.timeout(DEADLINE):
        while not page.has("LIVE") and await page._next():
            pass
    return page.code


def test_one_address_has_no_more_places_than_it_may(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, "--sessions", "4", "--per-address", "2") as there:
            cookies = [await there.cookie() for _each in range(3)]
            pages = [await there.open("bind", cookie) for cookie in cookies[:2]]
            for page in pages:
                await page.drawn("LIVE")
            answer, text = await there.get("/run/bind", cookies[2])
            assert answer.status == 503
            assert "2 places here for your address" in text
            late = await there.open("bind", cookies[2])
            assert await late.closed() == 4004
            assert (await there.get("/run/bind", cookies[0]))[0].status == 200  # they have one
            assert len(_log(tmp_path)) == 1

    asyncio.run(it())


def test_who_runs_the_server_is_told_once_that_one_address_has_it_all(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, "--sessions", "2") as there:
            pages = [await there.open("bind", await there.cookie()) for _each in range(2)]
            for page in pages:
                await page.drawn("LIVE")
            for _each in range(3):
                pages.append(await there.open("bind", await there.cookie()))
                assert await pages[-1].closed() == 4004
            told = [line for line in _log(tmp_path) if "--per-address" in line]
            assert len(told) == 1
            assert "all 2 places are taken from one address, 127.0.0.1" in told[0]

    asyncio.run(it())
