"""What keeps the text of a student's program from being what it seems to be: how its letters are written, and, beside a Python
file, others that have a module's name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sockviz.language import _
from sockviz.pattern import pattern

#: With these begin files in encodings that no compiler of C or Python reads, the longer before the one that it begins with.
_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_IMPORT = pattern(
    rb"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import|import[ \t]+([\w.,\t ]+))", 8
)  # re.MULTILINE
#: Modules that Python has imported before it runs a program: no file takes their place.
_THERE_BEFORE = frozenset({"abc", "codecs", "encodings", "io", "os", "posixpath", "site", "stat"})


def wide_encoding(content: bytes) -> str | None:
    """What a file is written in, where its first bytes say that its letters have two or four each."""
    return next((name for mark, name in _MARKS if content.startswith(mark)), None)


def in_the_way(file: Path, content: bytes) -> Iterator[Path]:
    """Files beside a Python program, itself too, that its `import` finds in the place of the library's modules."""
    for name in dict.fromkeys(_imported(content)):
        if name in sys.stdlib_module_names and name not in (*sys.builtin_module_names, *_THERE_BEFORE):
            for beside in (file.parent / name / "__init__.py", file.parent / f"{name}.py"):
                if beside.is_file():
                    yield beside
                    break


def _imported(content: bytes) -> Iterator[str]:
    """The names of modules, as lines of a program import them; what is no line of code may be among them."""
    for found in _IMPORT.finditer(content):
        for part in (found[1] or found[2]).split(b","):
            word = part.split()[:1]
            yield word[0].partition(b".")[0].decode("ascii", "replace") if word else ""


def told_of(beside: Path) -> str:
    """That one is in the way, and what to do."""
    name = beside.parent.name if beside.name == "__init__.py" else beside.stem
    shown = beside.parent if beside.name == "__init__.py" else beside
    return _("{file}: `import {module}` finds this file, and not Python's own module: rename it").format(
        file=shown, module=name
    )
