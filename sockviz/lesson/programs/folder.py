"""Everything that stands in the folder of a lesson's programs: the programs, how to run them, and their helpers' names."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.lesson.programs.c_plain import Plain
from sockviz.lesson.programs.c_program import c_program
from sockviz.lesson.programs.c_turns import TurnsStyle
from sockviz.lesson.programs.plain_readme import plain_readme
from sockviz.lesson.programs.plan import Plan, WrittenProgram, plan_programs
from sockviz.lesson.programs.python_plain import python_plain
from sockviz.lesson.programs.python_program import python_program
from sockviz.lesson.programs.texts import (
    constants,
    file_stem,
    files_made,
    lesson_name,
    one_line,
    own_host,
    remarks,
    statuses,
    title_of,
    wrapped,
)
from sockviz.model.first_names import PORTS


class Language(Enum):
    """What the programs are written in. The value is the word on the command line."""

    C = "c"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Folder:
    """The files to write, by name; and the names of the helpers that go with them. The first are the programs."""

    files: Mapping[str, str]
    helpers: tuple[str, ...]


_WRITE: Mapping[Language, Callable[[Plan, WrittenProgram], str]] = {
    Language.C: lambda plan, program: c_program(plan, program, TurnsStyle()),
    Language.PYTHON: python_program,
}
_WRITE_PLAIN: Mapping[Language, Callable[[Plan, WrittenProgram], str]] = {
    Language.C: lambda plan, program: c_program(plan, program, Plain(plan)),
    Language.PYTHON: python_plain,
}
_SUFFIX = {Language.C: "c", Language.PYTHON: "py"}
HELPERS = {Language.C: ("show.h", "turn.h"), Language.PYTHON: ("show.py", "turn.py")}
#: How a C program is compiled. The tests compile with these and -Werror.
FLAGS = "-std=c11 -Wall -Wextra"
#: So many seconds a run may take. A lesson takes some seconds; one that does not go on gives up by itself, after two minutes.
LIMIT = 300


def program_folder(
    lesson: Lesson, language: Language, *, plain: bool = False, failed: Mapping[int, str] | None = None
) -> Folder:
    """The programs of `lesson` with what runs them; `plain`: to hand out, without turns. A lesson that performs nothing has none.
    ``failed``: the errors of lines that are known to fail, by number."""
    plan = plan_programs(lesson, failed)
    write = (_WRITE_PLAIN if plain else _WRITE)[language]
    files = {
        f"{file_stem(program.process)}.{_SUFFIX[language]}": write(plan, program) for program in plan.programs
    }
    if files and plain:
        files["README.txt"] = plain_readme(plan, language.value, _SUFFIX[language])
        return Folder(files, ())
    if files:
        files["run.sh"] = _script(plan, language)
        files["README.txt"] = _readme(plan, language)
    return Folder(files, HELPERS[language])


#: HOST may be set for other lessons' programs, too.
_OF_IPV6 = """case "$HOST" in *:*) ;; *) HOST=::1 ;; esac # these programs' sockets are of IPv6
"""


def _chosen(offsets: Sequence[int]) -> str:
    """The lines that choose PORT, from which the programs' ports follow. A program whose port is somebody else's would talk to
    that, and wait for its turn until the run's time is up."""
    first = "PORT=$((20000 + $$ % 2000 * 5))"
    if not offsets:
        return f'if [ -z "$PORT" ]; then {first}; fi\n'
    hexadecimal = "|".join(["%04X"] * len(offsets))
    numbers = " ".join(f"$((PORT + {offset}))" for offset in offsets)
    told = _(
        "another program has port {port}, or one of those that follow it (see ss -tuanp); PORT=9000 sh run.sh takes others"
    ).format(port="$PORT")
    return f"""has() {{ # whether the kernel's tables have one of these ports, with such a peer
    grep -qsE "^ *[0-9]+: [0-9A-F]+:($(printf '{hexadecimal}' {numbers})) [0-9A-F]+:$1" \\
        /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6
}}
if [ -z "$PORT" ]; then
    {first}
    while has; do PORT=$((PORT + 5)); done
elif has 0000; then # of nobody: it listens, or waits for datagrams
    echo "run.sh: {told}" >&2
    exit 1
fi
"""


def _script(plan: Plan, language: Language) -> str:
    names = " ".join(file_stem(program.process) for program in plan.programs)
    leavings = shlex.join(["turns", "turns.pids", "turns.failed", *files_made(plan.lesson)])
    build = f"""
for name in {names}; do
    ${{CC:-cc}} {FLAGS} $CFLAGS -DHOST="\\"$HOST\\"" -DPORT="$PORT" -o $name $name.c
done
"""
    start = "./$name"
    if language is Language.PYTHON:
        build, start = "", "python3 -B $name.py"  # no __pycache__ is left
    allowed = " | ".join(
        f"{'*' if status == '0' else file_stem(program.process)}:{status}"
        for program in plan.programs
        for status in statuses(program)
        if status != "0" or program is plan.programs[0]
    )
    what = (
        _("Builds and runs the programs of {lesson}. Each waits for its turns.")
        if language is Language.C
        else _("Runs the programs of {lesson}. Each waits for its turns.")
    ).format(lesson=lesson_name(plan.lesson))
    status = _(
        "Exit status: 0 when all have ended as in the lesson, 1 when one has not. It takes no longer than LIMIT seconds."
    )
    ports = _(
        "The ports are others each time, since the kernel may keep one for a minute; PORT=8080 sh run.sh chooses them."
    )
    ended = _("{name} ended with status {status}").format(name="$name", status="$status")
    named = {name for program in plan.programs for name in constants(plan.lesson, program)}
    offsets = [number for number, name in enumerate(PORTS) if name in named]
    return f"""#!/bin/sh
# {what}
# {status}
# {ports}
set -e
cd "$(dirname "$0")"
{_chosen(offsets)}export HOST="${{HOST:-{own_host(plan.lesson)}}}" PORT
{_OF_IPV6 if plan.lesson.ip == 6 else ""}{build}
clean() {{
    rm -rf -- {leavings}
}}
end() {{ # those that run, and those that they forked
    kill $(cat turns.pids) $(for turn in turns/*.begun; do readlink "$turn"; done) 2>/dev/null || :
}}
begin() {{ # one program; where it breaks, all end
    timeout -k 5 "${{LIMIT:-{LIMIT}}}" {start} &
    echo $! >>turns.pids
    status=0
    wait $! || status=$?
    case $name:$status in
    {allowed}) return 0 ;;
    esac
    if mkdir turns.failed 2>/dev/null; then # it is the first
        echo "run.sh: {ended}" >&2
        end
    fi
    return 1
}}
stop() {{
    if [ -n "$running" ]; then
        mkdir turns.failed 2>/dev/null || :
        end
        wait
    fi
    clean
}}
clean # what an interrupted run may have left
running=
trap stop EXIT
trap 'exit 130' INT TERM HUP
for name in {names}; do
    begin &
    running="$running $!"
done
failed=0
for process in $running; do
    wait "$process" || failed=1
done
running=
exit $failed
"""


def _readme(plan: Plan, language: Language) -> str:
    lesson = plan.lesson
    suffix = _SUFFIX[language]
    names = [file_stem(program.process) for program in plan.programs]
    first = file_stem(plan.turns[0])
    order = [first, *(name for name in names if name != first)]
    lines = [title_of(lesson), "", *wrapped(one_line(lesson.summary), 76), ""]
    lines += [
        f"  {f'{file_stem(program.process)}.{suffix}':<16} {_whose(program)}" for program in plan.programs
    ]
    show, turn = HELPERS[language]
    lines += [
        f"  {show:<16} {_('prints what each call gave')}",
        f"  {turn:<16} {_('lets each program wait for its turn, as the lesson does')}",
        "",
        _("All at once:"),
        "",
        "    sh run.sh",
        "",
        *wrapped(
            _(
                "Each in a terminal of its own, in this folder; {first} first, since it has the first turn:"
            ).format(first=first)
            if len(order) > 1
            else _("In a terminal, in this folder:"),
            76,
        ),
        "",
    ]
    if language is Language.C:
        lines += [f"    cc {FLAGS} -o {name} {name}.c" for name in order]
        lines += ["", *(f"    ./{name}" for name in order)]
        port = "cc -DPORT=9000 …"
    else:
        lines += [f"    python3 {name}.py" for name in order]
        port = "PORT=9000 python3 …"
    # What looks for leaks at the end opens files: more than a lesson about limits leaves room for.
    limits = any("resource.setrlimit" in statement.calls for statement in lesson.statements)
    options = "ASAN_OPTIONS=detect_leaks=0 " if limits else ""
    ending = _(
        "run.sh ends by itself. Its exit status is 0 when all programs have ended as in the lesson, and 1 when one has not."
    )
    checked = _("{command} builds them so that they notice a wrong access.").format(
        command=f"{options}CFLAGS='-g -fsanitize=address,undefined' sh run.sh"
    )
    lines += [
        "",
        *wrapped(f"{ending} {checked}" if language is Language.C else ending, 76),
        "",
        *wrapped(
            _(
                "Every result is printed as one line; the programs in C and in Python print the same ones, and can be mixed. "
                "An error is told by its name there, and in words on standard error. A program that has no more lines waits "
                "for the lesson's end. If nothing goes on for two minutes, each ends by itself."
            ),
            76,
        ),
        "",
        *wrapped(
            _(
                "HOST and PORT stand at the top of each program; {command} uses another port. If bind says EADDRINUSE, "
                "another program has the port, or the kernel keeps it from a run before, for a minute at most."
            ).format(command=port),
            76,
        ),
    ]
    if made := files_made(lesson):
        text = _(
            "Its UNIX sockets have names that are files here. Before another run by hand: {command}"
        ).format(command=f"rm -f -- {shlex.join(made)}")
        lines += ["", *wrapped(text, 76)]
    seen: dict[str, None] = {}
    for program in plan.programs:
        seen.update(dict.fromkeys(remarks(lesson, program)))
    for remark in seen:
        lines += ["", *wrapped(remark, 76)]
    return "\n".join([*lines, ""])


def _whose(program: WrittenProgram) -> str:
    made = [name for name in program.processes if name != program.process]
    if not made:
        return program.process
    return _("{process}, and {children}, which it forks").format(
        process=program.process, children=", ".join(made)
    )
