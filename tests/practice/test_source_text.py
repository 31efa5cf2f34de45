"""Programs whose text is not what it seems to be: letters that are written otherwise, and files that have a module's name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sockviz.practice.building import Built, build


def _built(file: Path, content: bytes, language: str = "python") -> Built:
    file.write_bytes(content)
    ours = file.parent / "ours"
    ours.mkdir()
    return asyncio.run(build(file, language, content, ours))


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-32"])
@pytest.mark.parametrize("language", ["python", "c"])
def test_of_a_file_with_wide_letters_that_is_said_and_no_more(
    encoding: str, language: str, tmp_path: Path
) -> None:
    file = tmp_path / "program"
    assert _built(file, "int x;\n".encode(encoding), language) == Built(
        (), f"{file} is written in {encoding}: save it as UTF-8"
    )


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_letter_that_is_none_is_told_before_it_is_run(line: int, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    told = f"{file}:{line}: the byte 0xe9 is no letter of utf-8: save the file as UTF-8"
    assert _built(file, b"x = 1\n" * (line - 1) + b"# caf\xe9\n") == Built((), told)


@pytest.mark.parametrize(
    "content",
    [
        b"# -*- coding: latin-1 -*-\n# caf\xe9\n",
        b"\xef\xbb\xbfx = 1\n",
        b"x = 1\r\ny = 2\r\n",
        "# 猫\n".encode(),
    ],
)
def test_what_python_reads_is_built(content: bytes, tmp_path: Path) -> None:
    assert _built(tmp_path / "program.py", content).command


def test_a_file_with_the_name_of_a_module_that_is_imported_is_told(tmp_path: Path) -> None:
    (tmp_path / "selectors").mkdir()
    (tmp_path / "selectors" / "__init__.py").touch()
    (tmp_path / "struct").mkdir()  # without that it is in nobody's way
    for name in ("time", "os", "queue", "mine"):
        (tmp_path / f"{name}.py").touch()
    file = tmp_path / "socket.py"
    built = _built(
        file, b"import os, time, mine\nimport socket as s\nfrom selectors import EVENT_READ\nimport struct\n"
    )
    assert built.command
    assert built.said.splitlines() == [
        f"{file}: `import socket` finds this file, and not Python's own module: rename it",
        f"{tmp_path}/selectors: `import selectors` finds this file, and not Python's own module: rename it",
    ]
