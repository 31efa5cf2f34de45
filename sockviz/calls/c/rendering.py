"""Renderings that many rows share: a system call or a plain value, from a template."""

from __future__ import annotations

import re

from sockviz.calls.c.call import CCall, CRendering
from sockviz.pattern import pattern

_HOLE = pattern(r"\{(\w+)(?:=([^{}]*))?\}")


def _filled(call: CCall, template: str) -> str:
    def fill(hole: re.Match[str]) -> str:
        return call.fd if hole[1] == "fd" else call.number(hole[1], hole[2] or "0")

    return _HOLE.sub(fill, template)


def plain(template: str, ctype: str = "int", headers: str = "") -> CRendering:
    """A call that gives -1 when it fails: ``"listen({fd}, {backlog=SOMAXCONN})"``; ``{fd}`` is the receiver."""

    def render(call: CCall) -> None:
        call.writer.need(*headers.split())
        call.performs(ctype, _filled(call, template))

    return render


def simple(template: str, ctype: str = "int", headers: str = "", *, acts: bool = False) -> CRendering:
    """A value that cannot fail: ``"htons({value})"``; of one that ``acts`` the call counts: ``"alarm({seconds})"``."""

    def render(call: CCall) -> None:
        call.writer.need(*headers.split())
        call.gives(ctype, _filled(call, template), acts=acts)

    return render
