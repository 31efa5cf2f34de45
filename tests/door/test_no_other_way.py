"""There is no other way out than the door."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "sockviz"
#: Beside the door: who only asks of the streams what they are, or is given others, and a program with the standard library alone.
ASKING = ("argument_parser.py", "probes/terminal.py", "web/zygote.py")
APART = ("lab/enter.py",)
#: It has nobody written to.
MUTING = ("web/serving.py",)
_STREAMS = ("stdout", "stderr", "__stdout__", "__stderr__")


def ways_out(source: str) -> list[str]:
    """Each way to a standard stream that `source` takes."""
    return [way for node in ast.walk(ast.parse(source)) if (way := _way_out(node))]


def _way_out(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id="print" | "input" as name)):
            return name
        case ast.Attribute(
            value=ast.Attribute(value=ast.Name(id="sys"), attr=attr), attr="write" | "writelines" | "buffer"
        ) if attr in _STREAMS:
            return "written to"
        case ast.Attribute(value=ast.Name(id="sys"), attr=name) if name in _STREAMS:
            return "asked"
        case ast.ImportFrom(module="sys", names=names) if {it.name for it in names} & set(_STREAMS):
            return "imported"
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="os"), attr="write" | "writev"), args=[ast.Constant(), *_]
        ):
            return "os.write"
        case ast.Constant(value="/dev/tty" | "/dev/stdout" | "/dev/stderr" as name):
            return name
        case (
            ast.Attribute(value=ast.Name(id="warnings"), attr="warn")
            | ast.Import(names=[ast.alias(name="logging")])
        ):
            return "told by Python"
    return ""


def test_the_ways_out_are_found() -> None:
    for line in (
        "print(1)", "sys.stderr.write('')", "x = sys.stdout", "sys.stdout.buffer", "os.write(2, b'')", "open('/dev/tty')",
        "from sys import stdout", "warnings.warn('')", "import logging",
    ):  # fmt: skip
        assert ways_out(line), line


def test_nothing_else_writes_to_a_standard_stream() -> None:
    found = {
        str(path.relative_to(PACKAGE)): set(ways)
        for path in sorted(PACKAGE.rglob("*.py"))
        if "_course" not in path.parts and (ways := ways_out(path.read_text(encoding="utf-8")))
    }
    assert found.pop("door.py")
    for name in ASKING:
        assert found.pop(name) == {"asked"}
    assert found.pop("terminal.py") == {"input"}, "whose prompt is what can be seen"
    for name in APART:
        assert found.pop(name) == {"print", "asked"}
    for name in MUTING:
        assert found.pop(name) == {"told by Python"}
        assert (PACKAGE / name).read_text(encoding="utf-8").count("logging.") == 1, "lastResort = None"
    assert not found


def test_what_is_apart_quotes_what_it_repeats() -> None:
    enter = [sys.executable, "-I", "-S", str(PACKAGE / "lab" / "enter.py")]
    done = subprocess.run([*enter, "\x1b]2;x\x07"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"\x1b" not in done.stdout + done.stderr
