"""Signals (asm/signal.h), and what a wait status says (bits/waitstatus.h)."""

from __future__ import annotations

from collections.abc import Mapping

#: x86-64 and asm-generic; Alpha, MIPS, PA-RISC and SPARC differ from 7 on.
SIGNALS: Mapping[str, int] = {
    "SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGILL": 4, "SIGTRAP": 5, "SIGABRT": 6, "SIGBUS": 7, "SIGFPE": 8, "SIGKILL": 9,
    "SIGUSR1": 10, "SIGSEGV": 11, "SIGUSR2": 12, "SIGPIPE": 13, "SIGALRM": 14, "SIGTERM": 15, "SIGSTKFLT": 16, "SIGCHLD": 17,
    "SIGCONT": 18, "SIGSTOP": 19, "SIGTSTP": 20, "SIGTTIN": 21, "SIGTTOU": 22, "SIGURG": 23, "SIGXCPU": 24, "SIGXFSZ": 25,
    "SIGVTALRM": 26, "SIGPROF": 27, "SIGWINCH": 28, "SIGIO": 29, "SIGPWR": 30, "SIGSYS": 31, "SIGIOT": 6, "SIGCLD": 17,
    "SIGPOLL": 29,
}  # fmt: skip
#: What a signal does, where it is not a function of the program.
DISPOSITIONS: Mapping[str, int] = {"SIG_DFL": 0, "SIG_IGN": 1}
WAIT_OPTIONS: Mapping[str, int] = {
    "WNOHANG": 1, "WUNTRACED": 2, "WSTOPPED": 2, "WEXITED": 4, "WCONTINUED": 8, "WNOWAIT": 0x1000000,
}  # fmt: skip
#: A wait status: its low seven bits are the signal that ended the process (0: none, 0x7F: it was stopped), the next a core dump;
#: above them the exit status, or the signal that stopped it. All bits: it goes on.
SIGNAL_BITS, CORE_DUMP, STOPPED, CONTINUED = 0x7F, 0x80, 0x7F, 0xFFFF
