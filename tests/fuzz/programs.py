"""Programs that do not want to end, or have others end, or be believed. Each tells what it is about by a line, if it can."""

from __future__ import annotations

_EACH = """import os, signal, time
def everybody():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
"""
_AND_SLEEPS = "print('done', flush=True)\ntime.sleep(1000)\n"

HOSTILE: dict[str, str] = {
    "prints without end": "import sys\nwhile True: sys.stdout.write('y\\n' * 1000)\n",
    "ignores every signal": _EACH + """
for number in range(1, 65):
    if number not in (9, 19, 32, 33):
        signal.signal(number, signal.SIG_IGN)
""" + _AND_SLEEPS,
    "kills everybody": _EACH + """
for pid in (os.getppid(), 1, -1, *everybody()):
    for number in (9, 15, 19):
        try:
            os.kill(pid, number)
        except OSError:
            pass
""" + _AND_SLEEPS,
    "stops everybody": _EACH + """
for pid in everybody():
    try:
        os.kill(pid, signal.SIGSTOP)
    except OSError:
        pass
""" + _AND_SLEEPS,
    "stops itself": _EACH + "os.kill(os.getpid(), signal.SIGSTOP)\n" + _AND_SLEEPS,
    "traces everybody": _EACH + """
import ctypes
ptrace = ctypes.CDLL(None).ptrace
ptrace(0, 0, 0, 0)
for pid in everybody():
    ptrace(16, pid, 0, 0)
    ptrace(0x4206, pid, 0, 0)
""" + _AND_SLEEPS,
    "closes all descriptors": _EACH + "os.closerange(0, 1 << 16)\ntime.sleep(1000)\n",
    "writes to the terminal": _EACH + """
os.write(1, b"\\x1b]2;OWNED\\x07\\x1b[66m\\x9b66m\\xe2\\x80\\xae\\x1b]52;c;T1dORUQ=\\x07\\x1b[?1049l\\x1bc\\r\\nx\\x08\\x7f\\n\\xff\\n")
os.write(2, b"\\x1b]2;OWNED\\x07" * 100 + b"no end of a line")
try:
    open("/dev/tty", "wb", 0).write(b"\\x1b]2;OWNED\\x07")
except OSError:
    pass
""" + _AND_SLEEPS,
    "leaves daemons": _EACH + """
for each in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (1, 2, 3, 15):
                signal.signal(number, signal.SIG_IGN)
            os.closerange(0, 1000)
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(1000)
        os._exit(0)
""" + _AND_SLEEPS,
    "takes a name and an image": _EACH + """
import ctypes, socket
ctypes.CDLL(None).prctl(15, b"\\x1b]2;OWN\\x07)\\n(x", 0, 0, 0)
held = [socket.socket() for each in range(200)]
named = socket.socket(socket.AF_UNIX)
named.bind("\\0\\x1b]2;OWNED\\x07\\nx")
os.execv("/bin/sh", ["\\x1b]2;OWNED\\x07", "-c", "echo done; exec sleep 1000"])
""",
    "a fork bomb": _EACH + """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
""",
}  # fmt: skip
