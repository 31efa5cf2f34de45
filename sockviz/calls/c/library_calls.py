"""The C of what a lesson calls by ctypes: in C it needs no library to be named."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.c.call import CCall, CRendering
from sockviz.calls.c.scope import CForm, CValue
from sockviz.language import _
from sockviz.model.call import DISSOLVING


def _library(call: CCall) -> None:
    if not call.nested:
        own = _("C's own library: a C program has it without asking")
        call.writer.line(f"/* {own} */")
    call.value = CValue(CForm.NOTHING, "0")


def _dissolve(call: CCall) -> None:
    call.writer.need("sys/socket.h")
    match call.given.get("address"):
        case ["name", _]:
            address, length = call.address("address")
        case _:  # the only one that a line may write out
            known = call.writer.scope.addresses.get("AF_UNSPEC") if call.writer.scope.whole else None
            name = known or call.writer.temporary("none")
            if known is None:
                call.writer.line(f"struct sockaddr {name} = {{.sa_family = AF_UNSPEC}};")
                call.writer.scope.addresses["AF_UNSPEC"] = name
            address, length = f"&{name}", f"sizeof {name}"
    text = f"connect({call.number('descriptor')}, {address}, {length})"
    if call.targets and not call.unpacks:
        # Neither Python nor C ends here where it fails: the name holds -1.
        call.expression = call.writer.assign("int", call.targets[0], text)
        call.writer.line(f"if ({call.expression} == -1)")
        call.writer.line('    perror("connect");')
        return
    call.performs("int", text)


#: By the row's key.
RENDERINGS: Mapping[str, CRendering] = {"ctypes.CDLL": _library, DISSOLVING: _dissolve}
