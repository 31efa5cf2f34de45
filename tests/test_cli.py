"""The commands as typed: exit codes, what goes where, and that no traceback reaches anyone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sockviz import language
from sockviz.cli import main
from sockviz.command_line import parser
from sockviz.shared_options import THEMES
from sockviz.tui.themes import NAMES
from tests.player.lessons import LISTENING, lesson_text
from tests.served import server

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(__file__).parents[1]),
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "",
}


def sockviz(
    *arguments: str, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return server().run(*arguments, environment={**ENVIRONMENT, **environment}, given=stdin or "")


@dataclass(frozen=True)
class Said:
    returncode: int
    stdout: str
    stderr: str


Typed = Callable[..., Said]


@pytest.fixture
def typed(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    """As `sockviz`, in this process: for the many words that are refused alike. That a process says them and has that exit
    status, the tests with one show."""
    for name in ("LC_ALL", "LANGUAGE"):
        monkeypatch.setenv(name, ENVIRONMENT[name])

    def run(*arguments: str) -> Said:
        try:
            status = main(arguments)
        except SystemExit as end:  # argparse's
            status = end.code if isinstance(end.code, int) else 1
        return Said(status, *capfd.readouterr())

    yield run
    language.use(language.ORIGINAL)


@pytest.fixture
def lesson(tmp_path: Path) -> str:
    path = tmp_path / "lesson.md"
    path.write_text(lesson_text(LISTENING + '\n```expect\nserver.s.state == "LISTEN"\n```'), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("run", "nosuch", "--plain"), 2, "nosuch"),
        (("run", "99", "--plain"), 2, "99"),
        (("run", "/no/such/lesson.md", "--plain"), 2, "/no/such/lesson.md"),
        (("run", "first-conection", "--plain"), 2, "first-connection"),
        (("run", "1", "--plain", "--start", "99"), 2, "--start"),
        (("run", "1"), 2, "--plain"),
        ((), 2, "--plain"),
        (("replay", "/no/such/file"), 2, "/no/such/file"),
        (("replay", "/dev/null"), 1, "/dev/null"),
        (("replay", "--follow", "/dev/null", "--plain"), 1, "/dev/null"),
        (("replay", "--follow", "/no/such/file", "--json", "--at", "3"), 2, "--at"),
        (("check", "/no/such/dir"), 2, "/no/such/dir"),
        (("notes", "nosuch"), 2, "nosuch"),
        (("man", "acept"), 2, "did you mean accept?"),
        (("run", "1", "--plain", "--record", "/no/such/dir/file"), 2, "--record"),
        (("frobnicate",), 2, "frobnicate"),
        (("export", "1"), 2, "--code"),
        (("export", "nosuch", "--code", "c", "/no/such/dir"), 2, "nosuch"),
        (("export", "1", "--code", "rust", "/no/such/dir"), 2, "python"),
        (
            ("export", "1", "--code", "c", "/no/such/dir"),
            2,
            "/no/such/dir: there is no directory /no/such; make it first",
        ),
        (("export", "1", "--code", "c", "/dev/null"), 2, "/dev/null"),
    ],
)
def test_wrong_usage_is_named_on_stderr_and_has_its_code(
    typed: Typed, arguments: tuple[str, ...], code: int, word: str
) -> None:
    done = typed(*arguments)
    assert done.returncode == code, done
    assert word in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("1",), "«1» is no command; did you mean `sockviz run 1`?"),
        (("handshake",), "did you mean `sockviz run handshake`?"),
        (("hanshake",), "did you mean `sockviz run handshake`?"),
        (("rn", "1"), "«rn» is no command; did you mean `sockviz run`?"),
        (("lst",), "did you mean `sockviz list`?"),
        (("exprot",), "did you mean `sockviz export`?"),
        (("help",), "did you mean `sockviz --help`?"),
        (("help", "run"), "did you mean `sockviz run --help`?"),
        (("version",), "did you mean `sockviz --version`?"),
        (("start",), "did you mean `sockviz run 1`?"),
        (("zzzzzz",), "«zzzzzz» is no command; `sockviz --help` names them, `sockviz list` the lessons"),
        (("--progress", "rn", "rnu"), "«rnu» is no command; did you mean `sockviz run`?"),
        (("--bogus",), "--bogus is no option of `sockviz`; `sockviz --help` names them"),
        (("--languag", "es", "--thme", "dark"), "--thme is no option of `sockviz`; did you mean --theme?"),
        (
            ("--plain", "run", "1"),
            "--plain is no option of `sockviz`; it stands behind its command: sockviz run … --plain",
        ),
        (("run", "--plian"), "--plian is no option of `sockviz run`; did you mean --plain?"),
        (("run", "1", "--pge", "2"), "--pge is no option of `sockviz run`; did you mean --start?"),
        (("run", "1", "--page", "2"), "--page is no option of `sockviz run`; did you mean --start?"),
        (("sandbox", "1", "--start", "2"), "--start is no option of `sockviz sandbox`; did you mean --page?"),
        (("--pge", "2"), "--pge is no option of `sockviz`; did you mean `sockviz sandbox … --page`?"),
        (("run", "1", "--strct"), "did you mean --strict, which is one of check?"),
        (("run", "1", "--bogus"), "--bogus is no option of `sockviz run`; `sockviz run --help` names them"),
        (
            ("list", "--plain"),
            "--plain is no option of `sockviz list`; it is one of run, watch, practice, sandbox, replay",
        ),
        (
            ("doctor", "--ascii"),
            "--ascii is no option of `sockviz doctor`; it is one of run, watch, practice, sandbox, replay",
        ),
        (
            ("run", "1", "--version"),
            "--version is no option of `sockviz run`; it stands alone: sockviz --version",
        ),
        (("run", "1", "-x"), "-x is no option of `sockviz run`; `sockviz run --help` names what it takes"),
        (
            ("list", "3"),
            "«3» is one word too many for `sockviz list`; `sockviz list --help` names what it takes",
        ),
        (
            ("run",),
            "`sockviz run` needs LESSON: its number, its slug (first-connection) or a path to a file; `sockviz run --help`",
        ),
        (
            ("replay",),
            "`sockviz replay` needs FILE: what --record wrote; `sockviz replay --help` names what it takes",
        ),
        (
            ("export", "1"),
            "`sockviz export` needs --pcapng or --code or --html; `sockviz export --help` names what it takes",
        ),
        (("run", "1", "--start"), "--start needs PAGE after it; `sockviz run --help` names what it takes"),
        (("export", "1", "--code", "c"), "--code needs c|python DIR after it; `sockviz export --help` names"),
        (("run", "1", "--start", "x"), "--start takes a number, and 'x' is none"),
        (("watch", "--seconds", "x", "./server"), "--seconds takes a number, and 'x' is none"),
        (("list", "--json=3"), "--json takes no value, and was given '3'"),
        (("export", "1", "--code", "c", "x", "--pcapng", "y"), "--pcapng and --code are not taken together"),
        (
            ("run", "1", "--lab", "isolatd"),
            "isolatd: expected one of auto, isolated, host; did you mean isolated?",
        ),
        (("run", "1", "--theme", "drak"), "did you mean dark?"),
        (("run", "hanshake"), "did you mean handshake?"),
        (("notes", "hanshake"), "did you mean handshake?"),
        (("export", "1", "--code", "pyhton", "x"), "did you mean python?"),
        (("list", "--language", "spanish"), "no language 'spanish'; there is en, es; did you mean es?"),
        (("man", "EADDRINSE"), "did you mean EADDRINUSE?"),
    ],
)
def test_a_near_miss_is_told_what_was_probably_meant(
    typed: Typed, arguments: tuple[str, ...], meant: str
) -> None:
    done = typed(*arguments)
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert meant in done.stderr


def test_a_file_that_is_not_there_is_told_of_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "talk.md").write_text("x")
    (tmp_path / "run.jsonl").write_text("x")
    done = sockviz("run", "--plain", str(tmp_path / "tlak.md"))
    assert (done.returncode, f"did you mean {tmp_path / 'talk.md'}?" in done.stderr) == (2, True), done.stderr
    done = sockviz("replay", "--plain", str(tmp_path / "rnu.jsonl"))
    assert (done.returncode, f"did you mean {tmp_path / 'run.jsonl'}?" in done.stderr) == (2, True), (
        done.stderr
    )
    done = sockviz(str(tmp_path / "talk.md"))
    assert f"did you mean `sockviz run {tmp_path / 'talk.md'}`?" in done.stderr


def test_what_is_right_is_still_taken() -> None:
    for typed, command in (
        (["run", "1", "--plai"], "run"), (["run", "--record", "list", "1"], "run"), (["--progress", "run", "list"], "list"),
        (["run", "--", "1"], "run"), (["--language=es", "doctor"], "doctor"), ([], "home"), (["shell", "8"], "shell"),
    ):  # fmt: skip
        assert parser().parse_args(typed).command == command
        assert parser(typed).parse_args(typed) == parser().parse_args(typed)


@pytest.mark.parametrize(
    "words",
    ["rnu 1", "run 1 --bogus", "list --theme", "--json list", "-- bogus", "--hel", "--progress run --bogus"],
)
def test_a_parser_for_what_was_typed_says_what_one_for_all_commands_says(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = words.split()
    said = []
    for asked in (parser(), parser(typed)):
        with pytest.raises(SystemExit) as end:
            asked.parse_args(typed)
        said.append((end.value.code, capsys.readouterr()))
    assert said[0] == said[1]


def test_man_prints_a_page_and_the_list() -> None:
    page = sockviz("man", "accept", COLUMNS="80")
    assert (page.returncode, page.stderr) == (0, "")
    assert page.stdout.startswith("accept\n    Takes the oldest finished connection from the queue.\n")
    assert json.loads(sockviz("man", "EADDRINUSE", "--json").stdout)["name"] == "EADDRINUSE"
    listed = sockviz("man").stdout
    assert "\n  accept  " in listed
    assert "\n  EADDRINUSE  " in listed


def test_check_has_three_exit_codes(lesson: str, tmp_path: Path) -> None:
    assert sockviz("check", lesson).returncode == 0
    false = tmp_path / "false.md"
    false.write_text(lesson_text(LISTENING + "\n```expect\nserver.s.fd == 4\n```"), encoding="utf-8")
    done = sockviz("check", str(false), "--record", str(tmp_path / "kept"))
    assert done.returncode == 1
    assert f"{false}:13:1:" in done.stdout
    assert f"recorded: sockviz replay {tmp_path / 'kept' / 'false.jsonl'}\n" in done.stdout
    assert sockviz("check", lesson, "--record", str(false)).returncode == 2
    assert sockviz("check", "--lab", "moon", lesson).returncode == 2


def test_check_reports_as_json(lesson: str) -> None:
    done = sockviz("check", "--json", lesson)
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert report["lessons"][0]["expectations"][0]["ok"] is True


def test_a_run_that_is_over_is_followed_to_its_end(lesson: str, tmp_path: Path) -> None:
    recording = tmp_path / "r.jsonl"
    assert sockviz("run", lesson, "--plain", "--record", str(recording)).returncode == 0
    followed = sockviz("replay", "--follow", str(recording), "--plain")
    replayed = sockviz("replay", str(recording), "--plain")
    assert (followed.returncode, followed.stderr) == (0, "")
    assert followed.stdout == replayed.stdout.replace("RECORDED", "FOLLOWING")
    lines = sockviz("replay", "--follow", str(recording), "--json").stdout.splitlines()
    events = len(recording.read_text(encoding="utf-8").splitlines()) - 1
    told = [json.loads(line)["event"] for line in lines]
    assert (told[0], told[-2:], len(told)) == ("Begun", ["LessonEnded", "Over"], events + 2)


def test_a_run_is_recorded_and_replayed(lesson: str, tmp_path: Path) -> None:
    recording = tmp_path / "r.jsonl"
    live = sockviz("run", lesson, "--plain", "--record", str(recording))
    assert live.returncode == 0, live.stderr
    replayed = sockviz("replay", str(recording), "--plain")
    assert replayed.returncode == 0, replayed.stderr

    def story(text: str) -> list[str]:
        return [
            line for line in text.splitlines() if not line.startswith(("LIVE", "RECORDED", "left behind"))
        ]

    assert story(replayed.stdout) == story(live.stdout)
    world = json.loads(sockviz("replay", str(recording), "--json").stdout)
    assert world["processes"]["server"]["last"]["name"] == "listen"
    earlier = json.loads(sockviz("replay", str(recording), "--at", "3", "--json").stdout)
    assert earlier["event"] == 3
    assert sockviz("replay", str(recording), "--at", "999", "--json").returncode == 2
    again = sockviz("run", lesson, "--plain", "--record", str(recording))
    assert again.returncode == 2  # a recording is never written over
    assert "exists" in again.stderr


def test_a_lesson_is_exported_as_programs_and_never_over_anything(tmp_path: Path) -> None:
    target = tmp_path / "programs"
    done = sockviz("export", "1", "--code", "python", str(target))
    assert done.returncode == 0, done.stderr
    assert "run.sh" in done.stdout
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    assert {"server.py", "client.py", "README.txt"} <= before.keys()
    again = sockviz("export", "1", "--code", "c", str(target))
    assert again.returncode == 2
    assert "not empty" in again.stderr
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before


def test_the_course_is_listed(tmp_path: Path) -> None:
    done = sockviz("list", "--json", "--progress", str(tmp_path / "progress"))
    lessons = json.loads(done.stdout)["lessons"]
    assert lessons[0]["slug"] == "first-connection"
    assert all(entry["seen"] == 0 for entry in lessons)
    assert "first-connection" in sockviz("list").stdout
    exercises = json.loads(done.stdout)["exercises"]
    assert exercises[0]["slug"] == "forgot-listen"
    assert {entry["lesson"] for entry in exercises} <= {entry["slug"] for entry in lessons}
    assert (exercises[0]["passed"], exercises[0]["attempts"], exercises[0]["hints"]) == (False, 0, 0)


def test_notes_are_printed_page_by_page() -> None:
    done = sockviz("notes", "1")
    assert done.returncode == 0
    assert "page 1" in done.stdout


def test_a_reader_that_goes_away_is_no_error(lesson: str) -> None:
    command = f'"{sys.executable}" -m sockviz run "{lesson}" --plain | head -1'
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT
    )
    assert done.stderr == ""


def test_help_names_every_command() -> None:
    text = sockviz("--help").stdout
    for command in ("run", "list", "check", "replay", "export", "notes", "shell", "doctor"):
        assert command in text
        assert sockviz(command, "--help").returncode == 0


def test_lessons_are_listed_in_the_readers_language_where_there_is_a_translation() -> None:
    def listed(*arguments: str, **environment: str) -> str:
        return sockviz(*arguments, **environment).stdout

    assert "The first connection" in listed("list")
    for spanish in (
        listed("list", "--language", "es"),
        listed("--language", "es", "list"),
        listed("list", LC_ALL="es_ES.UTF-8"),
        listed("list", "--language", "es-MX"),
    ):
        assert "La primera conexión" in spanish
        assert "Un socket que escucha" in spanish
        assert "The notes say" in spanish  # not translated
    assert "The first connection" in listed("list", "--language", "en", LC_ALL="es_ES.UTF-8")
    assert "La primera conexión" in listed("notes", "1", "--language", "es")


def test_an_unknown_language_is_wrong_usage_and_names_those_there_are() -> None:
    done = sockviz("list", "--language", "tlh")
    assert done.returncode == 2
    assert "no language 'tlh'; there is en, es" in done.stderr


def test_a_fault_of_ours_is_a_sentence_and_a_file(tmp_path: Path) -> None:
    program = (
        "import sys, sockviz.player.shelf as shelf\n"
        "def broken(language): raise RuntimeError('on purpose')\n"
        "shelf.course = broken\n"
        "from sockviz.cli import main\n"
        "sys.exit(main(['list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False,
        env={**ENVIRONMENT, "XDG_STATE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "on purpose" in done.stderr
    (kept,) = tmp_path.rglob("crash-*.txt")
    assert "RuntimeError: on purpose" in kept.read_text()


@pytest.mark.parametrize(
    ("arguments", "theme", "ascii_only"),
    [
        (["--theme", "light", "run", "1"], "light", False), (["run", "1", "--theme", "mono", "--ascii"], "mono", True),
        (["--ascii", "replay", "r.jsonl"], None, True), (["--theme", "dark", "replay", "r", "--theme", "ansi"], "ansi", False),
        (["--theme", "ansi", "--ascii"], "ansi", True), (["run", "1"], None, False),
    ],
)  # fmt: skip
def test_how_it_is_drawn_can_be_said_before_the_command_and_after_it(
    arguments: list[str], theme: str | None, ascii_only: bool
) -> None:
    options = parser().parse_args(arguments)
    assert (options.theme, options.ascii) == (theme, ascii_only)


def test_every_theme_of_the_command_line_is_one_of_the_screens() -> None:
    assert set(THEMES) == set(NAMES)


def test_an_unknown_theme_names_those_there_are() -> None:
    done = sockviz("--theme", "pink")
    assert done.returncode == 2
    assert all(name in done.stderr for name in THEMES)


def test_progress_given_before_the_command_counts(tmp_path: Path) -> None:
    assert parser().parse_args(["--progress", "p", "run", "1"]).progress == "p"
    assert parser().parse_args(["run", "1", "--progress", "q"]).progress == "q"


@pytest.mark.parametrize(
    "words",
    [
        ["--code", "c", "DIR", "--plain"], ["--code", "c", "--plain", "DIR"], ["--plain", "--code", "c", "DIR"],
    ],
)  # fmt: skip
def test_export_takes_plain_wherever_it_stands(words: list[str]) -> None:
    options = parser().parse_args(["export", "1", *words])
    assert (options.code, options.plain, options.source) == (["c", "DIR"], True, "1")
    assert parser().parse_args(["export", "1", "--code", "c", "DIR"]).plain is False


def test_that_there_is_no_such_language_is_said_in_the_reader_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGUAGE", "es")
    try:
        assert main(["list", "--language", "xx"]) == 2
    finally:
        language.use(language.ORIGINAL)
    assert "no hay idioma 'xx'" in capsys.readouterr().err
