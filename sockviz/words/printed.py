"""What programs print, as text: a character may come in two parts, and what is none is written as escapes."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from sockviz.model.events import OutputWritten
from sockviz.model.long_values import whole_of

_DECODER = codecs.getincrementaldecoder("utf-8")


class PrintedText:
    """Reads the output of programs in order, each stream by itself."""

    def __init__(self, state: Mapping[tuple[str, int], tuple[bytes, int]] | None = None) -> None:
        """Goes on from what another's `state` was."""
        self._decoders: dict[tuple[str, int], codecs.IncrementalDecoder] = {}
        for stream, known in (state or {}).items():
            self._decoder(stream).setstate(known)

    @property
    def state(self) -> Mapping[tuple[str, int], tuple[bytes, int]]:
        """Which characters have been begun."""
        return {stream: decoder.getstate() for stream, decoder in self._decoders.items()}

    def of(self, event: OutputWritten) -> str:
        """What is whole by now. Where something was not kept, nothing after it belongs to what was before."""
        data = whole_of(event.data) if isinstance(event.data, bytes) else b""
        return self._decoder((event.process, event.stream)).decode(data, final=bool(event.unkept))

    def left(self, process: str, stream: int) -> str:
        """What a stream has begun and nothing has made whole."""
        decoder = self._decoders.pop((process, stream), None)
        return decoder.decode(b"", final=True) if decoder is not None else ""

    def _decoder(self, stream: tuple[str, int]) -> codecs.IncrementalDecoder:
        return self._decoders.setdefault(stream, _DECODER("backslashreplace"))
