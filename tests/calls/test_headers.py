"""The headers that our C includes: enough for every constant that a lesson may name, and none that nothing needs."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sockviz.calls.c.address import c_string
from sockviz.calls.c.headers import brought_along, headers
from sockviz.model.linux.names import numbers


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
@pytest.mark.parametrize("module", ["socket", "select", "os", "fcntl", "signal", "errno", "resource"])
def test_every_constant_has_its_header(module: str) -> None:
    by_headers: dict[tuple[str, ...], list[str]] = {}
    for name in numbers(module):
        if not brought_along(name):
            by_headers.setdefault(tuple(headers(f"int number = {name};")), []).append(name)
    for found, names in by_headers.items():
        assert len(found) <= 2, names
        includes = "".join(f"#include <{header}>\n" for header in found)
        uses = "".join(f"    (void)({name});\n" for name in names)
        done = subprocess.run(
            ["cc", "-x", "c", "-w", "-fsyntax-only", "-"], text=True, capture_output=True, check=False,
            input=f"#define _GNU_SOURCE\n{includes}int main(void)\n{{\n{uses}}}\n",
        )  # fmt: skip
        assert done.returncode == 0, f"{found}: {done.stderr[:2000]}"


def test_what_is_in_quotes_and_comments_needs_nothing() -> None:
    assert headers('/* socket(AF_INET) */ const char *text = "printf(EINVAL)";') == []
    assert headers('if (close(s) == -1)\n    perror("close");') == ["stdio.h", "unistd.h"]
    assert headers("ready[0].events = 1; exit(EXIT_FAILURE);") == ["stdlib.h"]
    assert headers("int x = errno == EINTR;", asked=["linux/filter.h", "sys/socket.h"]) == [
        "errno.h",
        "linux/filter.h",
    ]


def test_what_an_older_c_library_lacks_is_brought_along() -> None:
    assert brought_along(
        "getsockopt(s, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &ports, &length); /* SCM_PIDFD */"
    ) == {"IP_LOCAL_PORT_RANGE": 51}
    assert brought_along("getsockopt(s, IPPROTO_IP, IP_MTU, &mtu, &length);") == {}


def test_no_literal_has_a_trigraph() -> None:
    """Of which a compiler of ISO C makes another character (C11, 5.2.1.1)."""
    assert c_string(b"what??/ ???!?") == r'"what?\?/ ?\?\?!?"'
