"""Lines of a recording, in both formats.

An event is ``{"event": "CallEntered", …}`` with its fields. In format 1 each is whole. In format 2 a field that has its default
is left out, and what was said before is not said again (`event_writer`, `event_reader`):

- a row that is said for the first time has the next ``row`` number (from 1); numbers that are 0 in it are left out, or what is as
  in another row, ``like``. After that ``{"row": 7, "recv_q": 5, "info": {"unacked": 5}, "raw": [24, "05"]}`` says what has
  changed in it: of ``raw``, bytes in base 16 from places on. ``gone`` has such numbers;
- of a process that was told of before ``state``, ``asleep`` and ``fds`` are left out while they are the same, and ``fds_changed``
  and ``fds_gone`` stand for a table that is nearly the same; likewise in a finished line, for its ``open_fds``.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any, TypeAlias

from sockviz.model.fields import default_of
from sockviz.model.sockets import SocketRow, TcpInfo

Body: TypeAlias = "dict[str, Any]"

#: A file name need not be text: what is not stands as a lone surrogate, which UTF-8 does not have.
SURROGATE = re.compile("[\ud800-\udfff]")
_ZERO = dict.fromkeys(("recv_q", "send_q", "inode", "cookie", "uid"), 0) | {"local": None, "peer": None}
#: What a row is before anything is said of it, and its tcp_info. What has no default and is no number has to be said: ``TOLD``.
NEW_ROW: Body = _ZERO | {
    field.name: default_of(field) for field in fields(SocketRow) if field.name not in _ZERO
}
NEW_INFO = TcpInfo(*[0] * len(fields(TcpInfo)))
TOLD = ("family", "type", "protocol", "state")


_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ascii_text = json.JSONEncoder(separators=(",", ":")).encode


def line_of(body: object) -> str:
    """`body` as one line of JSON, without the newline."""
    line = _text(body)
    return _ascii_text(body) if not line.isascii() and SURROGATE.search(line) else line


def parsed(line: str) -> object:
    """The JSON of one line. Raises ValueError."""
    try:
        body: object = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return body
