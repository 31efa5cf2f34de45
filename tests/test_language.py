"""The reader's language: which one it is, that every text has a translation, and that the whole program speaks it."""

from __future__ import annotations

import errno
import gettext
import os
import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from sockviz import language
from sockviz.command_line import language_in, parser
from sockviz.language import (
    N_,
    UnknownLanguage,
    _,
    current,
    decimal,
    grouped,
    languages,
    ngettext,
    preferred,
    said_by_system,
    use,
)
from tests.served import server
from tools import messages

ROOT = Path(__file__).parents[1]
SPANISH = language.CATALOGS / "es" / "LC_MESSAGES" / "sockviz.po"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "es_MX.UTF-8@euro"}, "es"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "tlh_QO.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LC_MESSAGES": "es_ES", "LANG": "es_ES"}, "en"),
        ({"LC_MESSAGES": "es_ES", "LANG": "en_GB"}, "es"),
        ({"LC_ALL": "", "LANG": "es_ES"}, "es"),
        ({"LANGUAGE": "tlh:es:en", "LANG": "en_US"}, "es"),
        ({"LANGUAGE": "tlh", "LC_ALL": "es_ES"}, "es"),
        ({"LANGUAGE": "en", "LC_ALL": "es_ES"}, "en"),
    ],
)
def test_the_locale_says_which_language(environment: dict[str, str], expected: str) -> None:
    assert preferred(environment) == expected


def test_a_language_is_used_until_another_is() -> None:
    assert (current(), _("help")) == ("en", "help")
    try:
        use("es-MX")
        assert (current(), _("help"), N_("help")) == ("es", "ayuda", "help")
        assert ngettext("{count} packet", "{count} packets", 1) == "{count} paquete"
        assert ngettext("{count} packet", "{count} packets", 2) == "{count} paquetes"
        assert _("") == "", "not the catalog's own header"
        assert _("what nobody has translated") == "what nobody has translated"
    finally:
        use("en")
    assert _("help") == "help"


def test_a_fraction_is_written_as_its_language_has_it(spanish: None) -> None:
    assert (decimal(0.8), decimal(3, ".1f"), grouped(65536)) == ("0,8", "3,0", "65.536")
    use("en")
    assert (decimal(0.8), decimal(3, ".1f"), grouped(65536)) == ("0.8", "3.0", "65,536")


def test_an_article_that_fills_a_hole_becomes_one_with_the_word_before_it(spanish: None) -> None:
    gives, peer = _("gives {name} the name {address}"), ngettext("{count} packet", "{count} packets", 2)
    assert gives.format(name="el descriptor 3", address="{x}") == "da al descriptor 3 el nombre {x}"
    assert gives.format(name="s", address=1) == "da a s el nombre 1"
    assert gives.format(name="el {b}", address=1) == "da al {b} el nombre 1"
    assert (
        gives.format(name="elena", address=1)
        == gives.format(name="elena", address="1")
        == "da a elena el nombre 1"
    )
    assert peer.format(count=2) == "2 paquetes"
    assert (
        _("the connection of {name} is gone: {reset}")
        .format(name="el descriptor 4", reset="a el descriptor 3")
        .startswith("la conexión del descriptor 4 ya no existe: a el")
    ), "what fills it stays as it is"
    use("en")
    assert (
        _("gives {name} the name {address}").format(name="el descriptor 3", address=1).startswith("gives el ")
    )


def test_what_the_system_says_is_told_in_the_readers_language(spanish: None) -> None:
    usual = [
        errno.ENOENT,
        errno.EACCES,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.EMFILE,
        errno.ENOSPC,
        errno.EROFS,
        errno.EADDRINUSE,
    ]
    assert [number for number in usual if said_by_system(number) == os.strerror(number)] == []
    assert said_by_system(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))) == said_by_system(
        errno.ENOENT
    )
    assert said_by_system(OSError("of no number")) == "of no number"
    use("en")
    assert said_by_system(errno.ENOENT) == "No such file or directory"


def test_an_unknown_language_names_those_there_are_and_changes_nothing() -> None:
    with pytest.raises(UnknownLanguage, match=f"no language 'tlh'; there is {', '.join(languages())}"):
        use("tlh")
    assert current() == "en"
    assert languages()[:1] == ("en",)
    assert "es" in languages()


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("run 1", None),
        ("--language es list", "es"),
        ("list --language=es", "es"),
        ("--language en list --language es", "es"),
        ("list --language", ""),
        ("run -- --language es", None),
    ],
)
def test_the_language_is_known_before_the_parser_is_made(typed: str, asked: str | None) -> None:
    assert language_in(typed.split()) == asked


# --- the catalogs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", messages.catalogs(), ids=lambda path: str(path.parents[1].name))
def test_every_catalog_is_in_step_with_the_sources(path: Path) -> None:
    """A text without its translation, or with other holes than the original's, is put right by ``python -m tools.messages``."""
    assert list(messages.problems(path, messages.template())) == []
    assert path.read_bytes() == messages.as_po(messages.read(path)), (
        "written by hand, and not by tools.messages"
    )


#: One word for a thing, all over the program, and the reader is always told `tú`; what is code, or a name, is excepted.
SPANISH_WORDS = {
    "kernel": "núcleo",
    "host": "anfitrión",
    "archivo": "fichero",
    "usted": "tú",
    "pulse": "pulsa",
    "póngale": "ponle",
    "dígalo": "dilo",
    "practíquelo": "practícalo",
    "una terminal": "un terminal",
    "otra terminal": "otro terminal",
    "esta terminal": "este terminal",
    "bandera": "indicador",
    "enter": "Intro",
    "sonda": "sondeo",
}
CODE = re.compile(r"--(?:lab )?(?:two-)?hosts?|host: |kernel\.\w+|otros: el kernel|\{[^}]*\}")


def test_a_thing_has_the_same_name_in_all_of_the_spanish() -> None:
    texts = re.findall(r'^msgstr(?:\[\d\])? (.*(?:\n".*)*)', SPANISH.read_text(), re.MULTILINE)
    assert len(texts) > 2000
    other = re.compile("|".join(rf"\b[{it[0]}{it[0].upper()}]{it[1:]}s?\b" for it in SPANISH_WORDS))
    found = [(it[0], text) for text in texts if (it := other.search(CODE.sub("", text)))]
    assert not found, f"{SPANISH_WORDS}: {found}"


def test_what_a_module_marks_is_found_wherever_it_stands() -> None:
    source = """
N_("kept"), _("said" " in two"), ngettext("one", "many", n), f"{_('inside')}: {x}", _(variable), other("not")
"""
    assert set(messages.marked(source)) == {"kept", "said in two", ("one", "many"), "inside"}


def test_no_text_is_filled_before_it_is_looked_up() -> None:
    """An f-string inside ``_()`` would be looked up filled, and never found."""
    filled = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in sorted((ROOT / "sockviz").rglob("*.py"))
        for found in re.finditer(r"\b(?:_|N_|ngettext)\(\s*f[\"'].*", path.read_text(encoding="utf-8"))
    ]
    assert filled == []


def catalog(tmp_path: Path, texts: dict[str, str]) -> Path:
    path = tmp_path / "es" / "LC_MESSAGES" / "sockviz.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Catalog(locale="es", domain="sockviz")
    for text, translation in texts.items():
        made.add(text, translation)
    path.write_bytes(messages.as_po(made))
    path.with_suffix(".mo").write_bytes(messages.as_mo(messages.read(path)))
    return path


def test_what_is_out_of_step_is_named(tmp_path: Path) -> None:
    sources = Catalog()
    for text in ("page {number}", "help", "new"):
        sources.add(text)
    path = catalog(tmp_path, {"page {number}": "página {numero}", "help": "", "old": "viejo"})
    assert sorted(messages.problems(path, sources)) == [
        "es: 'help' is not translated",
        "es: 'new' is in no catalog yet",
        "es: no source has 'old'",
        "es: the translation of 'page {number}' fills number, numero",
    ]
    path.with_suffix(".mo").write_bytes(b"old")
    assert "es: sockviz.mo was not compiled from this sockviz.po" in list(messages.problems(path, sources))


def test_a_catalog_is_updated_without_losing_a_translation(tmp_path: Path) -> None:
    sources = Catalog()
    for text in ("help", "new"):
        sources.add(text)
    path = catalog(tmp_path, {"help": "ayuda", "old": "viejo"})
    messages.update(path, sources)
    assert list(messages.problems(path, sources)) == ["es: 'new' is not translated"]
    written = path.read_bytes()
    assert b"ayuda" in written
    assert b"viejo" not in written
    messages.update(path, sources)
    assert path.read_bytes() == written, "the same again: no date in it"


@pytest.mark.parametrize(
    "forms", ["nplurals=2; plural=(n != 1);", "nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);"]
)
def test_how_a_language_counts_is_what_its_catalog_says(tmp_path: Path, forms: str) -> None:
    """Not what Babel believes of the language, which changes with its version: one of these is not it."""
    translations = range(int(forms[len("nplurals=")]))
    path = catalog(tmp_path, {})
    counted = "".join(f'msgstr[{number}] "t{number}"\n' for number in translations)
    path.write_text(
        f'msgid ""\nmsgstr ""\n"Language: es\\n"\n"Plural-Forms: {forms}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        f'msgid "one"\nmsgid_plural "many"\n{counted}'
    )
    sources = Catalog()
    sources.add(("one", "many"))
    messages.update(path, sources)
    assert f'"Plural-Forms: {forms}\\n"' in path.read_text()
    assert counted in path.read_text()
    assert list(messages.problems(path, sources)) == []
    with path.with_suffix(".mo").open("rb") as compiled:
        said = gettext.GNUTranslations(compiled)
    assert [said.ngettext("one", "many", number) for number in (1, 2, 7)] == [
        f"t{min(index, translations[-1])}" for index in range(3)
    ]


# --- the program -------------------------------------------------------------------------------------------------


def sockviz(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return server().run(*arguments, environment={**os.environ, **environment})


def test_help_and_wrong_usage_are_in_the_readers_language() -> None:
    told = sockviz("run", "--help", LANG="es_ES.UTF-8").stdout
    assert told.startswith("uso: sockviz run ")
    for word in ("LECCIÓN", "opciones:", "muestra esta ayuda", "las notas para el docente"):
        assert word in told
    assert not re.search(r"\b(?:usage|options|show|lesson|screen)\b", told)
    assert told.count("opciones:") == 1, (
        "what several commands take stands among a command's own, as in English"
    )
    done = sockviz("run", "99", "--plain", "--language", "es")
    assert done.returncode == 2
    wrong = r"sockviz: no hay lección '99'; las lecciones van de 1 a \d+ \(mira: sockviz list\)\n"
    assert re.fullmatch(wrong, done.stderr)
    assert "positional arguments:" in sockviz("run", "--help", "--language", "en", LANG="es_ES.UTF-8").stdout


@pytest.mark.parametrize(
    "command", ["run", "list", "check", "replay", "export", "notes", "man", "shell", "doctor"]
)
def test_every_command_takes_a_language_after_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([command, "--language", "es", "--help"])
    assert ended.value.code == 0
    assert "--language" in capsys.readouterr().out


def test_the_plain_lesson_is_in_spanish_from_its_title_to_its_end() -> None:
    done = sockviz("run", "1", "--plain", "--language", "es")
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[0] == "1. La primera conexión"
    assert told[3].startswith("DIRECTO · laboratorio: ")
    for line in (
        "página 2 de 12",
        "  server: socket da el descriptor 3: un extremo sin nombre",
        "  server: accept(3) duerme: no hay ninguna conexión en espera",
        "  esperado server.s.fd == 3: se cumple",
        "  client: send copia 5 bytes en la cola de envío del núcleo",
        "La lección ha terminado.",
    ):
        assert line in told, line
    assert english_in(done.stdout) == []


def english_in(text: str) -> list[str]:
    """The interface's own English sentences in `text`: of each original the longest part without a hole, of two words or more."""
    found = []
    for message in messages.read(SPANISH):
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        for original in filter(None, ids):
            part = max(re.split(r"\{[^}]*\}", original), key=len).strip(" ,:;.")
            stands = rf"(?<!\w){re.escape(part)}(?!\w)"  # not in "tengo todo"
            if len(part.split()) >= 2 and part not in str(message.string) and re.search(stands, text):
                found.append(original)
    return found


def test_the_language_in_use_is_what_it_was() -> None:
    """Every test that speaks another language goes back."""
    assert language.current() == language.ORIGINAL
