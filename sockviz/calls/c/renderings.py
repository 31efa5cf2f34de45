"""The C of every row of the table of calls. Imported by what shows C, and by nobody else: a lesson does without."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sockviz.calls.c import library_calls, socket_calls, system_calls, value_calls
from sockviz.calls.c.call import CRendering

#: By the row's key: each row has one.
RENDERINGS: Mapping[str, CRendering] = MappingProxyType(
    {
        **socket_calls.RENDERINGS,
        **system_calls.RENDERINGS,
        **value_calls.RENDERINGS,
        **library_calls.RENDERINGS,
    }
)
