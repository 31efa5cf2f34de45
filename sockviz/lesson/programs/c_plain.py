"""The style of C programs to hand out: no turns, no helpers. A call that fails ends the program, unless the lesson wants it to
fail; what is received and asked for is printed."""

from __future__ import annotations

import re

from sockviz.calls.c.address import c_string
from sockviz.calls.c.scope import CForm, CScope, CSnippet, CValue, Ending
from sockviz.calls.c.widths import as_size
from sockviz.calls.statement import Statement
from sockviz.language import N_, _
from sockviz.lesson.programs.c_program import MainText, remark
from sockviz.lesson.programs.c_turns import constant_text, number
from sockviz.lesson.programs.order import meanwhile, prompt, starting_remark, waiting_remark
from sockviz.lesson.programs.plan import Plan, ProgramLine, WrittenProgram
from sockviz.lesson.programs.texts import (
    constants,
    excused_remark,
    failing_remark,
    forked_line,
    head_line,
    remarks,
    wrapped,
)
from sockviz.lesson.programs.waits import HandStep, WaitingStep, waits

_DIE = """\
static _Noreturn void die(const char *call)
{
    perror(call);
    exit(EXIT_FAILURE);
}
"""
_PRINT_BYTES = """\
static void print_bytes(const char *name, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    printf("%s: %zu byte%s \\"", name, length, length == 1 ? "" : "s");
    for (size_t i = 0; i < length && i < 60; i++)
        printf(byte[i] < ' ' || byte[i] > '~' ? "\\\\x%02x" : "%c", byte[i]);
    puts(length > 60 ? "\\"..." : "\\"");
}
"""
_PRINT_ADDRESS = """\
static void print_address(const char *name, const struct sockaddr *address, socklen_t length)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int code = getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    if (code != 0)
        printf("%s: %s\\n", name, gai_strerror(code));
    else
        printf("%s: %s port %s\\n", name, host, port);
}
"""
_ENTER = """\
static void enter(const char *step)
{
    printf("%s: ENTER\\n", step);
    fflush(stdout);
    for (int key = getchar(); key != '\\n'; key = getchar())
        if (key == EOF) {
            fputs("NOBODY\\n", stderr);
            exit(EXIT_FAILURE);
        }
}
"""
_STOP = """\
static void stop(const char *step)
{
    printf("%s: kill -CONT %d\\n", step, getpid());
    fflush(stdout);
    raise(SIGSTOP);
}
"""
_WAKE = """\
static void wake(int number)
{
    (void)number;
}
"""
#: The functions that stand before main, where it uses them, and what each does.
_HELPERS = {
    "die": (N_("Says why a call failed, and ends the program."), _DIE),
    "print_bytes": (
        N_("Prints how many bytes there are, and the first of them; what is no letter as \\x0a."),
        _PRINT_BYTES,
    ),
    "print_address": (N_("Prints an address and its port."), _PRINT_ADDRESS),
    "enter": (N_("Says for what the program waits, and waits for Enter."), _ENTER),
    "stop": (
        N_(
            "Says for what the process waits, and stops until somebody lets it go on: its parent has the terminal."
        ),
        _STOP,
    ),
    "wake": (N_("Does nothing, but a call that sleeps is interrupted."), _WAKE),
}
#: Whose address is printed: of other calls it is used, or of no interest.
_ASKING = ("socket.socket.getsockname", "socket.socket.getpeername")
#: Whose number is not printed.
_QUIET = (
    "os.fork",
    "os.dup",
    "os.dup2",
    "os.pipe",
    "signal.alarm",
    "socket.socket.fileno",
    "select.epoll.fileno",
)


class Plain:
    """The lines alone."""

    ending = Ending.DIES

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._waits = waits(plan)
        self._errors = {**plan.failing, **dict.fromkeys(self._waits.excused, "")}
        self._meanwhile = meanwhile(plan, self._waits)

    def before(self, text: MainText, step: ProgramLine, scope: CScope, depth: int) -> None:
        """How far the others are, the line's own comment, and that it is meant to fail."""
        error = self._errors.get(step.statement.line)
        scope.ending = Ending.DIES if error is None else Ending.GOES_ON
        if step.turn is not None and step.turn in self._meanwhile:
            text.add(depth, f"/* {self._meanwhile[step.turn]} */")
        self._wait(text, self._waits.before.get(step.statement.line), depth)
        said = [remark(step.statement.comment)] if step.statement.comment else []
        if error is not None:
            excused = step.statement.line in self._waits.excused
            said.append(excused_remark() if excused else failing_remark(error))
        if said:
            text.add(depth, f"/* {'; '.join(said)} */")
        if step.statement.line in self._waits.interrupted:
            text.add(
                depth,
                f"sigaction(SIGINT, &(struct sigaction){{.sa_handler = wake}}, NULL); /* {_('Ctrl-C wakes it')} */",
            )

    def _wait(self, text: MainText, step: WaitingStep | None, depth: int) -> None:
        """Waits for a person."""
        if step is not None:
            said = c_string(prompt(step).encode())
            if step.kind is HandStep.KILL:
                text.add(depth, f'printf("%s: kill %d\\n", {said}, getpid());', "fflush(stdout);", "pause();")
            else:
                text.add(depth, f"{'enter' if step.kind is HandStep.ENTER else 'stop'}({said});")

    def after(
        self, text: MainText, statement: Statement, snippet: CSnippet, scope: CScope, depth: int
    ) -> None:
        """What came and what was asked for is printed."""
        if statement.line in self._waits.interrupted:
            text.add(depth, "signal(SIGINT, SIG_DFL);")
        if statement.line in self._errors or not statement.calls or statement.calls[-1] in _QUIET:
            return
        names = statement.targets or (_asked(statement),)
        parts = snippet.value.parts if statement.unpacks else (snippet.value,)
        for name, value in zip(names, parts, strict=False):
            text.add(depth, *_printed(name, value, statement, scope))

    def beginning(self, program: WrittenProgram) -> list[str]:
        """What a process has not written yet is its children's, too."""
        if len(program.processes) == 1:
            return []
        why = _(
            "into a file or a pipe, too, a line leaves when it is whole: _exit loses, and fork doubles, what has not"
        )
        return [
            f"    /* {why} */",
            "    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);",
        ]

    def in_child(self, text: MainText, child: WrittenProgram, pid: str, depth: int) -> None:
        """Nothing: its lines follow."""
        del text, child, pid, depth

    def end_process(self, text: MainText, program: WrittenProgram, depth: int) -> None:
        """The end, when nobody needs what the process has; a forked one must not go on with its parent's lines."""
        if (by := self._waits.ended.get(program.process)) is not None:
            text.add(depth, f"pause(); /* {_('until {name} ends it').format(name=by)} */")
        self._wait(text, self._waits.ends.get(program.process), depth)
        for child in program.processes[1:]:
            if child in self._waits.left:
                text.add(depth, f"kill({child}, SIGTERM);")
        text.add(depth, "return EXIT_SUCCESS;")

    def head(self, plan: Plan, program: WrittenProgram, code: str) -> list[str]:
        """What program this is, and when to start it."""
        del code
        name = program.process
        said = [head_line(plan.lesson, name, "c")]
        made = [process for process in program.processes if process != name]
        if made:
            said.append(forked_line(made))
        order = starting_remark(plan)
        waiting = waiting_remark(self._waits)
        said += [*([order] if order else []), *([waiting] if waiting else []), *remarks(plan.lesson, program)]
        lines = [line for each in said for line in wrapped(remark(each), 96)]
        marked = [f"/* {lines[0]}", *(f"   {line}" for line in lines[1:])]
        return [*marked[:-1], f"{marked[-1]} */"]

    def preamble(self, plan: Plan, program: WrittenProgram, code: str) -> list[str]:
        """The constants, and the functions that are used."""
        used = constants(plan.lesson, program)
        lines = [
            f"#define {constant} {constant_text(constant, value, used)}" for constant, value in used.items()
        ]
        lines += [""] if lines else []
        for name, (does, source) in _HELPERS.items():
            if re.search(rf"\b{name}\b[(}}]", code):
                lines += [f"/* {_(does)} */", *_spoken(source).split("\n")]
        return lines


def _spoken(source: str) -> str:
    """A function's source, what it prints in the reader's language."""
    return source.replace("ENTER", _("Enter")).replace(
        "NOBODY", _("nobody can press Enter: standard input has ended")
    )


def _asked(statement: Statement) -> str:
    """What a value is called that no name holds."""
    return statement.calls[-1].rpartition(".")[2] if statement.calls else "value"


def _printed(name: str, value: CValue, statement: Statement, scope: CScope) -> list[str]:
    """The lines that print a value."""
    said = c_string(name.encode("utf-8", "replace"))
    match value.form:
        case CForm.TUPLE:
            called = [each.text if each.text.isidentifier() else name for each in value.parts]
            return [
                line
                for its, part in zip(called, value.parts, strict=True)
                for line in _printed(its, part, statement, scope)
            ]
        case CForm.BYTES:
            return [f"print_bytes({said}, {value.text}, {as_size(scope, value.length)});"]
        case CForm.TEXT:
            return [f'printf("{name}: %s\\n", {value.text});']
        case CForm.ADDRESS if statement.calls[-1] in _ASKING:
            return [f"print_address({said}, {value.text}, {value.length});"]
        case CForm.NUMBER if statement.targets:
            form, argument = number(value)
            return [f'printf("{name}: {form}\\n", {argument});']
        case CForm.NUMBERS if value.length != "0":
            return [
                f"for (int i = 0; i < {value.length}; i++)",
                f'    printf("{name}: descriptor %d\\n", {value.text}[i]);',
            ]
        case CForm.POLLED:
            return [
                f"for (int i = 0; i < {value.length}; i++)",
                f'    printf("{name}: descriptor %d, events 0x%x\\n", {value.text}[i].fd, (unsigned)'
                f"{value.text}[i].revents);",
            ]
        case CForm.EVENTS:
            return [
                f"for (int i = 0; i < {value.length}; i++)",
                f'    printf("{name}: descriptor %d, events 0x%x\\n", {value.text}[i].data.fd, {value.text}[i].events);',
            ]
        case CForm.ADDRINFO:
            return [
                f"for (struct addrinfo *entry = {value.text}; entry != NULL; entry = entry->ai_next)",
                f"    print_address({said}, entry->ai_addr, entry->ai_addrlen);",
            ]
    return []
