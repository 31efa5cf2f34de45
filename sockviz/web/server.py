"""The web server: its routes, what every answer says besides, and whom it lets in."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path

from aiohttp import web

from sockviz import language
from sockviz.language import _
from sockviz.progress_text import BadProgress, Progress, loads
from sockviz.web import pages
from sockviz.web.address import ServedAt
from sockviz.web.course import listed
from sockviz.web.hall import Hall
from sockviz.web.limits import COLUMNS, LARGEST_MESSAGE, LINES, clamped
from sockviz.web.request import COURSE, SANDBOX, TWO_HOSTS
from sockviz.web.visitors import COOKIE_LIVES, Visitors

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Nothing comes from another host, and no other site's page shows one of these. xterm.js makes style sheets as it goes.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "sockviz",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
}  # fmt: skip
_OURS = Path(__file__).with_name("static")
#: Of textual-serve: its terminal (xterm.js, with what speaks to a Textual application) and its letters.
_TERMINAL = {
    "textual.js": "js/textual.js", "xterm.css": "css/xterm.css", "roboto-mono.ttf": "fonts/RobotoMono-VariableFont_wght.ttf",
    "roboto-mono-italic.ttf": "fonts/RobotoMono-Italic-VariableFont_wght.ttf",
}  # fmt: skip
#: Seconds for which a browser asks again for none of these.
_FRESH = 3600
#: Bytes that are sent before it is waited until they are taken.
_PIECE = 1 << 16
#: Seconds in which a page is dead that answers no ping.
_HEARTBEAT = 15.0


def static_files() -> Mapping[str, Path]:
    """What pages are made of, by name. Raises LookupError where textual-serve is not installed, or has not all of it."""
    found = find_spec("textual_serve")
    if found is None or not found.submodule_search_locations:
        raise LookupError("textual-serve")
    package = Path(next(iter(found.submodule_search_locations))) / "static"
    files = {name: _OURS / name for name in ("page.css", "page.js")}
    files |= {name: package / path for name, path in _TERMINAL.items()}
    for file in files.values():
        if not file.is_file():
            raise LookupError(str(file))
    return files


class Static:
    """A file, which is read once: what is sent is not opened again for each who asks, and does not take it."""

    def __init__(self, file: Path) -> None:
        self._bytes = file.read_bytes()
        self._tag = hashlib.sha256(self._bytes).hexdigest()[:32]
        self._type = guess_type(file.name)[0] or "application/octet-stream"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """To whoever has not got it."""
        known = any(tag.value == self._tag for tag in request.if_none_match or ())
        answer = web.StreamResponse(
            status=304 if known else 200, headers={"Cache-Control": f"max-age={_FRESH}"}
        )
        answer.etag, answer.content_type = self._tag, self._type
        answer.content_length = 0 if known else len(self._bytes)
        await answer.prepare(request)
        for at in range(0, answer.content_length, _PIECE):
            await answer.write(self._bytes[at : at + _PIECE])
        await answer.write_eof()
        return answer


class Server:
    """Answers for one address. `heard` is told of each request, `settled` of those that are a session's page. What visitors have
    read is kept when the server is gone, where it ``keeps`` that."""

    def __init__(
        self,
        address: ServedAt,
        hall: Hall,
        visitors: Visitors,
        spoken: str | None = None,
        *,
        keeps: bool = False,
    ) -> None:
        self._address, self._hall, self._visitors, self._spoken = address, hall, visitors, spoken
        self._servers_own = language.current()
        self._keeps = keeps
        self._files = {name: Static(file) for name, file in static_files().items()}
        self.heard: Callable[[web.Request], None] = lambda _request: None
        self.settled: Callable[[web.Request], None] = lambda _request: None

    def application(self) -> web.Application:
        """What aiohttp runs."""
        application = web.Application(middlewares=[self._answered])
        application.on_response_prepare.append(self._furnish)
        application.add_routes([
            web.get("/", self._course),
            web.get("/run/{what:[a-z0-9-]*}", self._session),
            web.get("/ws/{what:[a-z0-9-]*}", self._socket),
            web.get("/static/{name}", self._static),
        ])  # fmt: skip
        return application

    # -- what every answer has

    @web.middleware
    async def _answered(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self.heard(request)
        if not self._address.knows(request.host):
            return self._wrong_name(request)
        try:
            return await handler(request)
        except web.HTTPException as problem:
            return self._problem(request, problem)

    async def _furnish(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_HEADERS)
        host = request.host  # not every browser takes sockets for its own
        sockets = f" ws://{host} wss://{host}" if self._address.knows(host) else ""
        response.headers["Content-Security-Policy"] = _POLICY.format(sockets=sockets)

    def _wrong_name(self, request: web.Request) -> web.Response:
        with language.speaking(self._language(request)):
            said = _(
                "This server is {url}, and was asked for by another name. Whoever runs it names others by --public-url."
            )
            return _page(pages.sentence(_("Not here"), said.format(url=self._address.url), None), 421)

    def _problem(self, request: web.Request, problem: web.HTTPException) -> web.StreamResponse:
        if problem.status < 400:
            return problem
        with language.speaking(self._language(request)):
            said = {
                403: _("Only a page of this course opens a session."), 404: _("There is no such page here."),
                405: _("Pages here are only read."), 426: _("This is for the pages of the course alone."),
            }.get(problem.status, problem.reason)  # fmt: skip
            deep = request.rel_url.raw_path.count("/") - 1
            answer = _page(
                pages.sentence(f"{problem.status}", said, "../" * deep if deep < 7 else None),
                problem.status,
            )
        if "Allow" in problem.headers:
            answer.headers["Allow"] = problem.headers["Allow"]
        return answer

    # -- pages

    async def _course(self, request: web.Request) -> web.Response:
        with language.speaking(self._language(request)):
            lessons = listed(language.current())
            answer = _page(
                pages.course(lessons, self._progress(request), self._hall.taken, self._hall.limits.sessions)
            )
        self._name(request, answer)
        return answer

    async def _session(self, request: web.Request) -> web.Response:
        what = request.match_info["what"]
        with language.speaking(self._language(request)):
            title = _title(what)
            address = self._address_of(request)
            if not self._hall.has_room(self._visitor(request), address):
                limits = self._hall.limits
                each = limits.each if self._hall.is_crowded(address) else None
                answer = _page(pages.full(limits.sessions, each, "../"), 503)
                answer.headers["Retry-After"] = str(pages.TRY_AGAIN)
                return answer
            answer = _page(pages.session(what, title, keeps=self._keeps))
        self._name(request, answer)
        return answer

    async def _static(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return await file.answer(request)

    # -- sessions

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        what, visitor = request.match_info["what"], self._visitor(request)
        if visitor is None or not self._address.is_own(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden
        spoken = self._language(request)
        with language.speaking(spoken):
            _title(what)
        size = (_number(request, "width", 80, COLUMNS), _number(request, "height", 24, LINES))
        page = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=LARGEST_MESSAGE, compress=False)
        if not page.can_prepare(request).ok:
            raise web.HTTPUpgradeRequired
        await page.prepare(request)
        if request.transport is None or request.transport.is_closing():
            return page  # gone before it was a websocket: nothing would say so any more
        self.settled(request)
        ending = await self._hall.receive(visitor, self._address_of(request), page, what, spoken, size)
        with language.speaking(spoken):
            said = _(ending.said).encode()
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(5):
                await page.close(code=ending.code, message=said[:120])
        return page

    # -- who asks

    def _visitor(self, request: web.Request) -> str | None:
        return self._visitors.name(request.cookies.get(self._visitors.cookie))

    def _address_of(self, request: web.Request) -> str:
        return self._address.address_of(request.remote or "", request.headers.get("X-Forwarded-For"))

    def _name(self, request: web.Request, answer: web.Response) -> None:
        """Gives who has none a cookie; who has one keeps it as long again."""
        cookie = request.cookies.get(self._visitors.cookie)
        if self._visitors.name(cookie) is None:
            cookie = self._visitors.new()
        answer.set_cookie(
            self._visitors.cookie,
            cookie or "",
            max_age=COOKIE_LIVES,
            httponly=True,
            samesite="Lax",
            secure=self._address.is_secure,
            path="/",
        )

    def _progress(self, request: web.Request) -> Progress:
        name = self._visitor(request)
        file = self._visitors.seen(name) if name is not None else None
        with contextlib.suppress(OSError, BadProgress, UnicodeDecodeError):
            if file is not None:
                return loads(file.read_text("utf-8"))
        return Progress()

    def _language(self, request: web.Request) -> str:
        if self._spoken is not None:
            return self._spoken
        known = language.languages()
        for word in request.headers.get("Accept-Language", "")[:200].split(","):
            name = word.partition(";")[0].strip().partition("-")[0].lower()
            if name in known:
                return name
        return self._servers_own


def _title(what: str) -> str:
    """What is shown under that name. Raises HTTPNotFound."""
    if what == COURSE:
        return _("The course")
    if what in (SANDBOX, TWO_HOSTS):
        return _("Sandbox")
    found = next((each for each in listed(language.current()) if each.slug == what), None)
    if found is None:
        raise web.HTTPNotFound
    return found.card.title or found.slug


def _number(request: web.Request, name: str, otherwise: int, bounds: tuple[int, int]) -> int:
    given = request.query.get(name, "")
    return clamped(
        int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else otherwise, bounds
    )


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(
        text=text, status=status, content_type="text/html", headers={"Cache-Control": "no-store"}
    )
