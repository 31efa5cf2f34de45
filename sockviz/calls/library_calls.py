"""The table's rows for C's own library, called by ctypes: what Python's socket module has no words for."""

from __future__ import annotations

from sockviz.calls.restrictions import no_address, the_program_itself
from sockviz.calls.rows import Row
from sockviz.calls.signature import parameters
from sockviz.model.call import DISSOLVING

LIBRARY = "ctypes.CDLL"

ROWS = (
    Row(LIBRARY, None, LIBRARY, parameters("name [use_errno]"), (), "dlopen(3)", is_call=False, named=True,
        restriction=the_program_itself),
    Row(DISSOLVING, LIBRARY, "int", parameters("descriptor address length"), ("connect",), "connect(2)",
        restriction=no_address),
)  # fmt: skip
