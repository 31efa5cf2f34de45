from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lab.conftest import nothing_is_left  # noqa: F401  # as after every test of a lab
from tests.required import unavailable
from tests.situations.conftest import warm_labs  # noqa: F401

PROGRAMS = Path(__file__).with_name("programs")


def _compiled(name: str, directory: Path) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        unavailable("there is no C compiler")
    program = directory / name
    flags = ["-g", "-O1", "-Wall", "-Werror", "-Wno-missing-field-initializers", "-pthread"]
    subprocess.run([compiler, *flags, "-o", program, PROGRAMS / f"{name}.c"], check=True)
    return program


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """programs/calls.c, compiled with its lines."""
    return _compiled("calls", tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """programs/signals.c."""
    return _compiled("signals", tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """programs/odd.c."""
    return _compiled("odd", tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """programs/short.c."""
    return _compiled("short", tmp_path_factory.mktemp("programs"))
