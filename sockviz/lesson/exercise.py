"""What an exercise says without saying it: where the student's program is started, and who is meant by ``you``."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.dataclass import replace
from sockviz.lesson.document import YOU, Block, Expression, Launch, Page, Perform


def launched(pages: Sequence[Page], you: str) -> tuple[Page, ...]:
    """`pages`, on which the program `you` is started: where a ``run`` block says so, or else before the first line that may
    sleep, for such a line (accept, connect, recv) waits for somebody. Where there is none, first of all."""
    if any(isinstance(block, Launch) for page in pages for block in page.blocks):
        return tuple(pages)
    found: list[Page] = []
    is_launched = False
    for page in pages:
        blocks: list[Block] = []
        for block in page.blocks:
            waits = (
                next((n for n, line in enumerate(block.statements) if _may_wait(line)), None)
                if isinstance(block, Perform)
                else None
            )
            if isinstance(block, Perform) and waits is not None and not is_launched:
                before, after = block.statements[:waits], block.statements[waits:]
                if before:
                    blocks.append(replace(block, statements=before))
                blocks.append(Launch(after[0].line, you))
                block = replace(block, line=block.line, statements=after)
                is_launched = True
            blocks.append(block)
        found.append(replace(page, blocks=tuple(blocks)))
    if not is_launched and found:
        found[0] = replace(found[0], blocks=(Launch(found[0].line, you), *found[0].blocks))
    return tuple(found)


def _may_wait(statement: Statement) -> bool:
    """Whether a line may wait for what another process does. What comes before may be its own business: a port that is found
    and given up again."""
    return any(
        CALLS[key].may_block and CALLS[key].name not in ("close", "getaddrinfo") for key in statement.calls
    )


def naming(expression: Expression, you: str) -> Expression:
    """`expression` with the process's own name wherever it says ``you``."""
    for node in ast.walk(expression.tree):
        if isinstance(node, ast.Name) and node.id == YOU:
            node.id = you
    return expression
