"""The course served to visitors: a lesson by keys, progress of one's own, and what is left when either side goes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from sockviz.web.faults import Faults
from sockviz.web.limits import CONNECTIONS, CONNECTIONS_EACH
from tests.web.house import DEADLINE, House, house


async def _reading(it: House) -> str:
    """A visitor who has opened the first lesson and turned a page; returns the cookie."""
    cookie = await it.cookie()
    page = await it.open("first-connection", cookie)
    await page.drawn("page 1/")
    await page.press(" ")
    await page.drawn("page 2/")
    it.look()
    await page.socket.close()
    return cookie


def test_a_page_that_is_loaded_again_goes_on_where_it_was(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            cookie = await _reading(there)
            await there.alone()
            page = await there.open("first-connection", cookie)
            await page.drawn("page 2/")
            _answer, text = await there.get("/", cookie)
            assert "◐" in text
            assert "Continue: The first connection" in text
            _answer, text = await there.get("/", await there.cookie())
            assert "◐" not in text  # of somebody else

    asyncio.run(it())


def test_a_page_that_is_closed_takes_all_along(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            await _reading(there)
            assert len(there.family._names) > 4  # the lab's were seen, too
            await there.alone()

    asyncio.run(it())


def test_who_is_gone_before_a_session_has_begun_has_none(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            host = there.url.removeprefix("http://")
            for wait in (0, 0, 0.001, 0.005, 0.02, 0.1):
                _reader, writer = await asyncio.open_connection(*host.split(":"))
                lines = [
                    "GET /ws/bind?width=80&height=24 HTTP/1.1", f"Host: {host}", f"Origin: {there.url}", "Upgrade: websocket",
                    "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    f"Cookie: {await there.cookie()}",
                ]  # fmt: skip
                writer.write("\r\n".join([*lines, "", ""]).encode())
                await asyncio.sleep(wait)
                writer.transport.abort()
            await there.alone()

    asyncio.run(it())


def test_who_leaves_is_led_back(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("", await there.cookie())
            await page.drawn("The first connection")
            await page.press("q")
            assert await page.closed() == 4000

    asyncio.run(it())


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT]
)
def test_the_server_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            pages = [await there.open(what, await there.cookie()) for what in ("handshake", "sandbox")]
            for page, words in zip(pages, ("LIVE", "type"), strict=True):
                await page.drawn(words)
            assert len(there.look()) > 6
            there.process.send_signal(number)
            assert await there.left() == []
            status = await asyncio.to_thread(there.process.wait, DEADLINE)
            assert status == (-number if number == signal.SIGKILL else 128 + number)
            end = asyncio.get_running_loop().time() + DEADLINE
            while (
                there.kept()
            ):  # the process that begins sessions removes what they had, before it ends itself
                assert asyncio.get_running_loop().time() < end, there.kept()
                await asyncio.sleep(0.02)
            assert all([await page.closed() in (1001, None, 1006) for page in pages])

    asyncio.run(it())


def test_without_the_process_that_begins_sessions_the_server_ends(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("handshake", await there.cookie())
            await page.drawn("LIVE")
            there.look()
            children = there.children(there.process.pid)
            assert len(children) == 1
            os.kill(children[0], signal.SIGKILL)
            assert await there.left() == []
            assert await asyncio.to_thread(there.process.wait, DEADLINE) == 1
            assert "no session can be begun" in (tmp_path / "said.txt").read_text()

    asyncio.run(it())


def test_a_session_that_does_nothing_more_goes_with_both(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            page = await there.open("handshake", await there.cookie())
            await page.drawn("LIVE")
            (begins,) = there.children(there.process.pid)
            (session,) = there.children(begins)
            os.kill(session, signal.SIGSTOP)  # it hears of no end
            for pid in (there.process.pid, begins):
                os.kill(pid, signal.SIGKILL)
            assert await there.left() == []
            swept = "from sockviz.lab.directory import sweep; sweep()"  # as the next start does
            environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
            await asyncio.to_thread(
                subprocess.run, [sys.executable, "-c", swept], env=environment, check=True
            )

    asyncio.run(it())


def test_a_full_house_says_so(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, "--sessions", "1") as there:
            first, second = await there.cookie(), await there.cookie()
            page = await there.open("bind", first)
            await page.drawn("LIVE")
            answer, text = await there.get("/run/bind", second)
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "15"
            assert "There is 1 place here" in text
            assert 'http-equiv="refresh" content="15"' in text
            assert (await there.get("/run/bind", first))[0].status == 200  # they have one
            late = await there.open("bind", second)
            assert await late.closed() == 4004
            await page.socket.close()
            await there.alone()
            assert (await there.get("/run/bind", second))[0].status == 200

    asyncio.run(it())


def test_a_visitor_has_one_session_on_the_newest_page(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            cookie = await there.cookie()
            before = await there.open("bind", cookie)
            await before.drawn("LIVE")
            after = await there.open("listen", cookie)
            assert await before.closed() == 4003
            assert "another page" in before.reason
            await after.drawn("LIVE")
            assert len(there.directories()) == 1

    asyncio.run(it())


def test_who_does_nothing_is_warned_and_then_gives_the_place_up(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, limits=["idle=8"]) as there:
            page = await there.open("bind", await there.cookie())
            await page.drawn("Nothing has been typed here")
            await page.press("i")  # any key keeps it
            await page.drawn("evidence")
            assert await page.closed() == 4001
            assert "too long" in page.reason
            await there.alone()

    asyncio.run(it())


def test_a_session_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, limits=[f"memory={36 << 20}"]) as there:
            page = await there.open("bind", await there.cookie())
            assert await page.closed() == 4002
            assert "more memory" in page.reason
            await there.alone()

    asyncio.run(it())


def test_a_visitor_s_lines_take_no_more_memory_than_one_may_have(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, limits=[f"memory={120 << 20}"]) as there:
            page = await there.open("sandbox", await there.cookie())
            await page.drawn("server>")
            for name in "abc":
                await page.press(f'{name} = b"x" * 50000000\r')
            assert await page.closed() == 4002
            await there.alone()

    asyncio.run(it())


def test_progress_is_kept_where_that_was_asked_for(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, "--keep", str(tmp_path / "kept")) as there:
            cookie = await _reading(there)
            await there.alone()
        async with house(tmp_path, "--keep", str(tmp_path / "kept")) as there:
            page = await there.open("first-connection", cookie)
            await page.drawn("page 2/")
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "kept").rglob("*")} == {0}

    asyncio.run(it())


def test_more_connections_than_there_may_be_are_told_so(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path, limits=["sessions=1"]) as there:
            host, port = there.url.removeprefix("http://").split(":")
            held = [
                await asyncio.open_connection(host, port) for _each in range(CONNECTIONS + CONNECTIONS_EACH)
            ]
            reader, writer = await asyncio.open_connection(host, port)
            said = await reader.read()
            assert said.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 15" in said
            for _reader, each in (*held, (reader, writer)):
                each.close()
            end = asyncio.get_running_loop().time() + DEADLINE
            while (await _status(there)) != 200:
                assert asyncio.get_running_loop().time() < end
                await asyncio.sleep(0.05)

    asyncio.run(it())


async def _status(there: House) -> int:
    try:
        return (await there.get("/"))[0].status
    except aiohttp.ClientError:
        return 0


def test_what_a_session_leaves_of_a_fault_is_kept_for_who_runs_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    told: list[str] = []
    faults = Faults(told.append)
    faults.of_session(home)
    assert told == []
    (home / "crash-20261129-120000.txt").write_text("it broke")
    for _each in range(50):
        faults.of_session(home)
    kept = list((tmp_path / "state" / "sockviz").iterdir())
    assert {file.read_text() for file in kept} == {"it broke"}
    assert len(kept) == len(told) == 20


def test_what_a_session_had_to_say_reaches_who_runs_the_server(tmp_path: Path) -> None:
    told: list[str] = []
    faults = Faults(told.append)
    (tmp_path / "errors.txt").write_text("")
    faults.of_session(tmp_path)
    assert told == []
    (tmp_path / "errors.txt").write_text("sockviz: no room \x1b[2J\nmore\n")
    for _each in range(50):
        faults.of_session(tmp_path)
    assert len(told) == 20
    assert "no room \\x1b[2J" in told[0]


def test_a_fault_of_the_server_is_told_of_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    told: list[str] = []
    faults = Faults(told.append)
    for _each in range(50):
        faults.of_server(ValueError("it broke"))
    assert len(told) == 20
    assert "ValueError: it broke" in told[0]


def test_nobody_else_opens_a_session(tmp_path: Path) -> None:
    origins = ("http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1")
    cookies = (None, "", "0" * 96, "x")

    async def it() -> None:
        async with house(tmp_path) as there:
            own = await there.cookie()
            forged = own[:-1] + ("0" if own[-1] != "0" else "1")
            tried: list[tuple[str | None, dict[str, str]]] = [(own, {"Origin": each}) for each in origins]
            tried += [(each, {}) for each in (*cookies, forged)]
            for cookie, headers in tried:
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await there.open("bind", cookie, **headers)
                assert refused.value.status == 403, (cookie, headers)
            assert len(there.look()) == 1

    asyncio.run(it())


def test_this_server_has_no_name_but_its_own(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            for name, status in (
                ("evil.example:80", 421),
                ("localhost", 200),
                ("127.0.0.1:9", 200),
                ("[::1]", 200),
                ("a b", 400),
            ):
                answer, _text = await there.get("/", Host=name)
                assert answer.status in (status, 421 if status == 400 else status), name

    asyncio.run(it())


#: What a page of ours does not send, and the code with which it is closed.
MISUSED = (
    ('["stdin", "' + "x" * 300_000 + '"]', 1009), ('["stdin", "' + "x" * 1_100_000 + '"]', 1009),
    ("[", 1008), ("{}", 1008), ('["stdin", 5]', 1008), ("[[[[" * 5000, 1008),
    ('["resize", {"width": "80", "height": 24}]', 1008), ('["resize", {"width": 80}]', 1008), ('["what"]', 1008),
)  # fmt: skip


def test_what_no_page_sends_ends_the_session(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            for said, code in MISUSED:
                page = await there.open("", await there.cookie())
                await page.drawn("The first connection")
                await page.socket.send_str(said)
                assert await page.closed() == code, said[:40]
            await there.alone()

    asyncio.run(it())


def test_a_terminal_of_any_size_is_given_one_that_can_be(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            cookie = await there.cookie()
            for size in ("width=99999999&height=-1", "width=&height=1e9", ""):
                page = await there.open("", cookie, size=size)
                await page.drawn("sockviz")
                await page.socket.send_json(["resize", {"width": 10**9, "height": -5}])
                await page.socket.send_json(["resize", {"width": 100, "height": 30}])
                await page.drawn("The first connection")
                await page.socket.close()

    asyncio.run(it())


PATHS = {
    "/run/nothing": 404, "/static/..%2f..%2fetc%2fpasswd": 404, "/static/server.py": 404, "/ws/bind": 403, "/x/y/z": 404,
}  # fmt: skip


def test_other_paths_are_answered_readably(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            for path, status in PATHS.items():
                answer, text = await there.get(path)
                assert answer.status == status, path
                assert "<h1>" in text
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    asyncio.run(it())


def test_pages_are_in_the_language_that_is_asked_for(tmp_path: Path) -> None:
    async def it() -> None:
        async with house(tmp_path) as there:
            _answer, text = await there.get("/", **{"Accept-Language": "de, es-MX;q=0.8"})
            assert '<html lang="es">' in text
            assert "La primera conexión" in text
            page = await there.open("first-connection", await there.cookie(), **{"Accept-Language": "es"})
            await page.drawn("página 1")

    asyncio.run(it())


def test_who_asks_for_no_language_that_there_is_gets_the_servers_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "es")

    async def it() -> None:
        async with house(tmp_path) as there:
            for asked, given in (("de", "es"), ("", "es"), ("en, es", "en")):
                _answer, text = await there.get("/", **{"Accept-Language": asked})
                assert f'<html lang="{given}">' in text, asked

    asyncio.run(it())
