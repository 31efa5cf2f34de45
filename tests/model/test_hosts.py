"""The hosts of labs have one home, which costs a lab's processes nothing."""

from __future__ import annotations

import ast
from pathlib import Path

from sockviz.model import hosts


def test_reading_it_imports_nothing() -> None:
    tree = ast.parse(Path(hosts.__file__).read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
