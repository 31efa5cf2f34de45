"""Chromium without a window, told what to do over its DevTools protocol: pages, keys, and what was fetched and drawn."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pyte

from sockviz.lab.confinement import PR_SET_PDEATHSIG
from tests.web.house import DEADLINE

#: Its names, as distributions have them.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LIBC = ctypes.CDLL(None)
_LISTENS = re.compile(rb"DevTools listening on (ws://\S+)")
#: Keys by what they give: the name of the key, its code, and the number that Windows has for it.
_KEYS = {" ": ("Space", 32), "\r": ("Enter", 13), "\x1b": ("Escape", 27)}


def chromium() -> str | None:
    """Its program; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Tab:
    """One page. ``fetched`` are the addresses of all that it has asked for, ``screen`` what its terminal has been sent."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._number = socket, 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.fetched: list[str] = []
        self.faults: list[str] = []
        self.size = (80, 24)
        self.screen = pyte.Screen(*self.size)
        self._stream = pyte.ByteStream(self.screen)
        self._hearing = asyncio.ensure_future(self._hear())

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Calls a method of the protocol."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        async with asyncio.timeout(DEADLINE):
            return dict(await answer)

    async def open(self, url: str) -> None:
        """Goes there."""
        await self.ask("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """What the expression is, in the page."""
        done = await self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    async def press(self, keys: str) -> None:
        """One key after another, as a keyboard gives them."""
        for key in keys:
            code, number = _KEYS.get(
                key, (f"Key{key.upper()}" if key.isalpha() else f"Digit{key}", ord(key.upper()))
            )
            name = {"\r": "Enter", "\x1b": "Escape"}.get(key, key)
            said = {
                "key": name,
                "code": code,
                "windowsVirtualKeyCode": number,
                "nativeVirtualKeyCode": number,
            }
            await self.ask(
                "Input.dispatchKeyEvent", type="keyDown", text="" if key == "\x1b" else key, **said
            )
            await self.ask("Input.dispatchKeyEvent", type="keyUp", **said)

    async def paste(self, text: str) -> None:
        """Ctrl-V, with that in the clipboard."""
        await self.ask(
            "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
        )
        await self.evaluate(f"navigator.clipboard.writeText({json.dumps(text)})")
        held = {"type": "rawKeyDown", "modifiers": 2}
        await self.ask(
            "Input.dispatchKeyEvent", **held, key="Control", code="ControlLeft", windowsVirtualKeyCode=17
        )
        await self.ask("Input.dispatchKeyEvent", **held, key="v", code="KeyV", windowsVirtualKeyCode=86)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", key="v", code="KeyV", windowsVirtualKeyCode=86)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", key="Control", code="ControlLeft")

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until it does."""
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, ("\n".join(self.screen.display), self.faults)
            await asyncio.sleep(0.02)

    async def drawn(self, words: str) -> None:
        """Waits until the terminal has them."""
        await self.until(lambda: any(words in line for line in self.screen.display))

    async def shown(self, expression: str) -> None:
        """Waits until the expression is true in the page."""
        end = time.monotonic() + DEADLINE
        held = f"(() => {{ try {{ return {expression} }} catch {{ return false }} }})()"  # the page may be on its way
        while not await self.evaluate(held):
            assert time.monotonic() < end, (
                expression,
                self.faults,
                await self.evaluate("document.body.innerText"),
            )
            await asyncio.sleep(0.05)

    async def picture(self, file: Path) -> None:
        """Of the page as it is, as a PNG."""
        taken = await self.ask("Page.captureScreenshot", format="png")
        file.write_bytes(base64.b64decode(taken["data"]))

    async def leave(self) -> None:
        """Closes it."""
        with contextlib.suppress(TimeoutError):  # it may be gone before it has answered
            async with asyncio.timeout(1):
                await self.ask("Page.close")

    async def _hear(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if not answer.done():
                    answer.set_result(said.get("result", said))
                continue
            self._happened(said["method"], said["params"])

    def _happened(self, method: str, told: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.fetched.append(told["request"]["url"])
            case "Network.webSocketCreated":
                self.fetched.append(told["url"])
                width, height = re.findall(r"(?:width|height)=(\d+)", told["url"])
                self.size = int(width), int(height)
                self.screen = pyte.Screen(*self.size)
                self._stream = pyte.ByteStream(self.screen)
            case "Network.webSocketFrameReceived" if told["response"]["opcode"] == 2:
                self._stream.feed(base64.b64decode(told["response"]["payloadData"]))
            case "Network.webSocketFrameSent":
                self._sent(told["response"]["payloadData"])
            case "Runtime.exceptionThrown":
                self.faults.append(str(told["exceptionDetails"]))
            case "Log.entryAdded":
                self.faults.append(
                    f"{told['entry']['level']}: {told['entry']['text']} {told['entry'].get('url')}"
                )

    def _sent(self, payload: str) -> None:
        match json.loads(payload):
            case ["resize", {"width": width, "height": height}] if (width, height) != self.size:
                self.size = width, height
                self.screen.resize(height, width)


class Browser:
    """The program, and its tabs."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url.partition("/devtools")[0].replace("ws", "http", 1)
        self._tabs: dict[Tab, str] = {}

    async def tab(
        self, width: int = 1200, height: int = 800, *, touch: bool = False, language: str = "en"
    ) -> Tab:
        """A new one."""
        async with self._session.put(f"{self._url}/json/new?about:blank") as answer:
            target = await answer.json()
        tab = Tab(await self._session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0))
        self._tabs[tab] = target["id"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            await tab.ask(f"{domain}.enable")
        await tab.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=touch,
        )
        if touch:
            await tab.ask("Emulation.setTouchEmulationEnabled", enabled=True)
        await tab.ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        await tab.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        return tab

    async def close(self, tab: Tab) -> None:
        """Closes it, as a reader does."""
        del self._tabs[tab]
        await tab.leave()


def _go_with_the_tests() -> None:
    """However they end."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@asynccontextmanager
async def browser(directory: Path) -> AsyncIterator[Browser]:
    """It runs, with nothing of before, as long as one is inside."""
    program = chromium()
    assert program is not None
    told = directory / "chromium.txt"
    with told.open("wb") as errors:
        process = subprocess.Popen(
            [
                program, "--headless=new", "--no-sandbox", "--remote-debugging-port=0",
                f"--user-data-dir={directory / 'profile'}",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--enable-unsafe-swiftshader", "--remote-allow-origins=*", "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            env={**os.environ, "HOME": str(directory)}, preexec_fn=_go_with_the_tests,
        )  # fmt: skip
    try:
        end = time.monotonic() + DEADLINE
        while (found := _LISTENS.search(told.read_bytes())) is None:
            assert process.poll() is None, told.read_text("utf-8", "replace")
            assert time.monotonic() < end, told.read_text("utf-8", "replace")
            await asyncio.sleep(0.05)
        async with aiohttp.ClientSession() as session:
            yield Browser(session, found[1].decode())
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
