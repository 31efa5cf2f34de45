"""The screens in Spanish: nothing of the interface's own is left in English, nothing is cut or pushed away by longer words."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from rich.cells import cell_len

from sockviz.tui.entry import CourseEntry
from sockviz.tui.screens.help import HelpScreen
from sockviz.tui.widgets.lesson_pane import LessonPane
from tests.test_language import SPANISH
from tests.tui.driving import Session, at_home, in_lesson, run_async
from tests.tui.scripted import LESSON, run
from tools import messages

SIZES = [(80, 24), (120, 36)]
ids = [f"{width}x{height}" for width, height in SIZES]

#: Words of the catalog that the scripted lesson has as names of its own.
NAMES = {"peer", "HOST"}
#: The scripted lesson in other words, so that all English that is left is the interface's.
WORDS = {
    "The listen queue": "La cola antes de accept",
    "Where connections wait before accept() takes them": "Dónde esperan las conexiones antes de accept()",
    "The server never accepts": "El servidor nunca acepta",
    "ask the class for a show of hands before the third line": "que levanten la mano",
    "`listen` makes a socket **passive**: from now on the kernel finishes handshakes on its own, and puts each finished\n"
    "connection into the *accept queue*. The server's program takes no part in that.":
        "`listen` hace **pasivo** un socket: desde ahora el núcleo completa los saludos por su cuenta.",
    "The queue's length is the `backlog`.": "El tamaño de la cola es el `backlog`.",
    "`accept` takes the oldest connection out.": "`accept` saca la conexión más antigua.",
    "How many connections wait right after `listen(1)`?": "¿Cuántas conexiones esperan tras `listen(1)`?",
    "2, one more than the backlog": "2, una más que el backlog",
    "It asks too early": "Pregunta demasiado pronto",
    "`accept` on an empty queue sleeps until a client comes.": "`accept` duerme en una cola vacía hasta que llega un cliente.",
    "nobody is there yet": "aún no hay nadie",
    "Nobody listens there": "Ahí no escucha nadie",
}  # fmt: skip
COURSE = [
    CourseEntry(1, "first-connection", "La primera conexión", "Se saludan", 15, "1.md", "loopback"),
    CourseEntry(6, "handshake", "El saludo, retenido", "Segmento a segmento", 1, "6.md", "two-hosts", ("packets", "counters"), 6,
                "esta máquina lo niega: EPERM"),
]  # fmt: skip


def lesson_text() -> str:
    text = LESSON
    for english, spanish in WORDS.items():
        assert english in text
        text = text.replace(english, spanish)
    return text


def english_on(screen: str) -> list[str]:
    """The catalog's originals that stand on the screen as words of their own, where their translation is another."""
    shown = " ".join(re.sub(r"[│╭╮╰╯─━├┤┃]", " ", screen).split())
    return [
        original
        for part, original in telling_parts()
        if part in shown and re.search(rf"(?<![\w.]){re.escape(part)}(?![\w.(])", shown)
    ]


@cache
def telling_parts() -> list[tuple[str, str]]:
    """Of each original the longest part without a hole, and the original itself."""
    found = []
    for message in messages.read(SPANISH):
        originals = message.id if isinstance(message.id, tuple | list) else [message.id]
        spoken = str(message.string).lower()
        for original in filter(None, originals):
            part = max(re.split(r"\{[^}]*\}", original), key=len).strip(" ,:;.×")
            # `a`, `in`: too short to be told from Spanish; words that the translation has as well say nothing.
            if len(part) > 3 and part not in NAMES and part.lower() not in spoken:
                found.append((part, original))
    return found


def is_whole(session: Session, size: tuple[int, int]) -> None:
    """Every line is there, and as wide as the screen: no word has pushed another over the edge."""
    lines = session.text.splitlines()
    assert len(lines) == size[1]
    assert {cell_len(line) for line in lines} == {size[0]}


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_home(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), size=size, course=COURSE) as session:
            await session.until(lambda: "unos 15 minutos" in session.text)
            is_whole(session, size)
            lines = session.text.splitlines()
            assert lines[0].strip().startswith("sockviz   la API de sockets, en acción")
            assert lines[-1].strip() == "⏎ abrir  c seguir  m manual  ↑↓ elegir  ? ayuda  q salir"
            assert english_on(session.text) == []
            await session.press("down")
            for said in (
                "alrededor de 1 minuto",
                "dos anfitriones",
                "paquetes capturados",
                "En esta máquina no:",
            ):
                assert said in session.text
            is_whole(session, size)
            assert english_on(session.text) == []
            # The values stand below each other, however long the names before them are.
            facts = [line for line in session.text.splitlines() if re.search(r"tiempo|leído", line)]
            columns = {
                line.index(value) for line in facts for value in ("alrededor", "aún no") if value in line
            }
            assert len(columns) == 1
            await session.press("question_mark")
            await session.until(lambda: isinstance(session.app.screen, HelpScreen))
            assert "Todas las teclas" in session.text
            assert english_on(session.text) == []

    run_async(it())


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_lesson(tmp_path: Path, size: tuple[int, int]) -> None:
    """A question, its answer, a sleeping call, the past, the evidence, a failed call's card."""
    keys = {
        80: "espacio sigue b atrás ←→ evento p auto c C i pruebas s estados ? ayuda q salir",
        120: "espacio sigue  b atrás  ←→ evento  p auto  c C  i pruebas  s estados  z zoom  m manual  : y si…  ? ayuda  q salir",
    }[size[0]]
    while_asked = {
        80: keys,
        120: "espacio sigue b atrás ←→ evento p auto c C i pruebas s estados z zoom m manual : y si… v votos ? ayuda q salir",
    }[size[0]]

    async def it() -> None:
        async with in_lesson(tmp_path, run(text=lesson_text()), size=size) as session:

            def stands(*said: str, keys: str = keys) -> None:
                is_whole(session, size)
                assert session.text.splitlines()[-1].strip() == keys
                shown = " ".join(re.sub(r"[│┃]", " ", session.text).split())
                assert [words for words in said if words not in shown] == []
                assert english_on(session.text) == []

            stands("página 1/3", "● DIRECTO", "loopback aislado", "predice", keys=while_asked)
            await session.press("space")
            stands(
                "Primero predice: un dígito responde; espacio otra vez la pasa por alto.", keys=while_asked
            )
            await session.press("3")
            await session.perform(3)
            stands("cola accept", "0 de 2")
            said = " ".join(session.lesson.query_one(LessonPane).plain.replace("│", " ").split())
            assert "El núcleo dice 0; predijiste 2, una más que el backlog." in said
            assert ("b vuelve a donde se decidió." in said) is (size[0] > 80), "where there is room for it"
            await session.perform(2)
            stands("duerme en accept4(3)", "no hay ninguna conexión en espera")
            await session.perform(2)
            await session.press("b")
            stands("◂ REPASO")
            await session.press("end", "i")
            await session.until(lambda: "lo dijo el proceso" in session.text)
            stands("pruebas", "devuelto", "llamada", "esc cierra")
            await session.press("i")
            await session.perform(3)
            await session.until(lambda: "la llamada falló" in session.text)
            is_whole(session, size)
            for said in ("respondió un RST", "m manual  esc cierra"):
                assert said in session.text
            for title in ("aquí", "qué hacer"):
                assert (title in session.text) or size == SIZES[0]  # there the card is short, and scrolls

    run_async(it())


@pytest.mark.usefixtures("spanish")
@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_help_of_a_lesson(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(text=lesson_text()), size=size) as session:
            await session.press("question_mark")
            await session.until(lambda: isinstance(session.app.screen, HelpScreen))
            seen = session.text
            box = session.app.screen.query_one("#help")
            while box.scroll_offset.y < box.max_scroll_y:
                box.scroll_page_down(animate=False)
                await session.pilot.pause()
                seen += session.text
            for said in (
                "espacio",
                "inicio",
                "mayús+tab",
                "Cómo lo sabe sockviz",
                "Una llamada",
                "dormida en el núcleo",
                "inferido",
            ):
                assert said in seen
            assert english_on(seen) == []

    run_async(it())


@pytest.mark.usefixtures("spanish")
def test_the_palette(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(text=lesson_text())) as session:
            await session.press("ctrl+p")
            await session.until(lambda: "Busca una orden" in session.text)
            await session.press("escape")
            await session.until(lambda: "Busca una orden" not in session.text)
            await session.search("tema", "Tema: light")
            await session.press("escape")
            await session.until(lambda: "Tema: light" not in session.text)
            await session.press("1")
            await session.perform(2)
            await session.press("b")  # to LIVE there is a way only from the past
            await session.search("fin", "volver al DIRECTO (fin)")

    run_async(it())


def test_and_back_in_english(tmp_path: Path) -> None:
    """What was drawn in one language is remembered for no other."""

    async def it() -> None:
        entry = replace(COURSE[0], title="The first connection")
        async with at_home(tmp_path, run(), size=(80, 24), course=[entry]) as session:
            await session.until(lambda: "about 15 minutes" in session.text)
            assert (
                session.text.splitlines()[-1].strip()
                == "⏎ open  c continue  m manual  ↑↓ choose  ? help  q quit"
            )
            await session.press("question_mark")
            assert "The command palette" in session.text
            assert "ayuda" not in session.text

    run_async(it())
