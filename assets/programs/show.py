"""show.py: prints what each line of a lesson gave, in the words that the C programs use."""

import contextlib
import errno
import os
import select
import signal
import socket
import sys

program_name = "program"  # whose lines these are


def program(name):
    """Says whose lines come from here on; each is written out at its end, so that several programs can share a terminal."""
    global program_name
    program_name = name
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program without a word


@contextlib.contextmanager
def attempt(line):
    """A line that may fail. As in a lesson, the program then tells the error's name and goes on.

    with attempt("s.accept()") as show:
        conn, peer = s.accept()
        show(conn, peer)
    """
    shown = "0"

    def show(*values):
        nonlocal shown
        shown = ", ".join(text_of(value) for value in values)

    try:
        yield show
    except Exception as error:
        print(f"{line}: {error}", file=sys.stderr)
        shown = f"-1 {failure(error)}"
    # At once, where print() might write a line in two parts:
    sys.stdout.write(f"{program_name}: {line} -> {shown}\n")


def failure(error):
    """The name of an error: errno's, the resolver's, or Python's own."""
    if isinstance(error, socket.gaierror):
        codes = {value: name for name, value in vars(socket).items() if name.startswith("EAI_")}
        return codes.get(error.errno, str(error.errno))
    if isinstance(error, OSError) and error.errno is not None:
        name = errno.errorcode.get(error.errno, f"errno {error.errno}")
        return {"EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP"}.get(name, name)  # two names for one number
    return "invalid" if type(error) is OSError else type(error).__name__


# --- values as text -----------------------------------------------------------------------------------------------------


def text_of(value):
    """A value as a C program prints it: a socket by its descriptor, bytes with how many there are."""
    if value is None:
        return "none"
    if isinstance(value, socket.socket | select.epoll):
        return str(value.fileno())
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        return text_of_chars(os.fsencode(value))
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} b{text_of_chars(value)}"
    if isinstance(value, tuple):
        return text_of_address(value) or ", ".join(text_of(part) for part in value)
    if isinstance(value, list):
        return text_of_list(value)
    return str(value)


def text_of_chars(raw):
    """Quoted, as in C; of a long one the beginning."""
    shown = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in raw[:40])
    return f'"{shown}"' + ("..." if len(raw) > 40 else "")


def text_of_address(value):
    """127.0.0.1:8080 or [::1]:8080; None where the tuple is no address."""
    if len(value) in (2, 4) and isinstance(value[0], str) and isinstance(value[1], int):
        return f"{value[0]}:{value[1]}" if len(value) == 2 else f"[{value[0]}]:{value[1]}"
    return None


def text_of_list(values):
    """Of select: descriptors. Of poll and epoll: each with its events. Of getaddrinfo: family, type, protocol, address."""
    if values and isinstance(values[0], tuple) and len(values[0]) == 5:
        entries = [f"{int(f)}/{int(t)}/{p} {text_of(address)}" for f, t, p, _, address in values]
        return f"[{', '.join(entries)}]"
    parts = [f"{v[0]}:{v[1]}" if isinstance(v, tuple) else text_of(v) for v in values]
    return f"[{' '.join(parts)}]"
