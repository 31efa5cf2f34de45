"""The table's rows for C's own library, called by ctypes: what Python's socket module has no words for."""

from __future__ import annotations

from sockviz.calls.c.call import CCall
from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.restrictions import no_address, the_program_itself
from sockviz.calls.rows import Row
from sockviz.calls.signature import parameters
from sockviz.model.call import DISSOLVING

LIBRARY = "ctypes.CDLL"


def _library(call: CCall) -> None:
    if not call.nested:
        call.writer.line("/* C's own library: a C program has it without asking */")
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


ROWS = (
    Row(LIBRARY, None, LIBRARY, parameters("name [use_errno]"), (), "dlopen(3)", _library, is_call=False, named=True,
        restriction=the_program_itself),
    Row(DISSOLVING, LIBRARY, "int", parameters("descriptor address length"), ("connect",), "connect(2)", _dissolve,
        restriction=no_address),
)  # fmt: skip
