"""Names of errors. What each means stands in the manual: `sockviz.manual`."""

from __future__ import annotations

from collections.abc import Mapping

#: Other names for the same number, and Python's names for errors that C reports by number.
ALIASES: Mapping[str, str] = {"EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP", "timeout": "TimeoutError"}
