"""What both sockviz and the processes of its labs know has one home, and costs those nothing."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

from sockviz.model import hosts, limits


@pytest.mark.parametrize("module", [hosts, limits])
def test_reading_it_imports_nothing(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
