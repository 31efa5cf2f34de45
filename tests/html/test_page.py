"""The page of a performed lesson: all of it is there, in order, for eye and ear; answers folded, nothing fetched, nothing run."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from sockviz import language
from sockviz.cli import main
from sockviz.html.document import PageTooLarge, page_of
from sockviz.html.prose import Headings, prose
from sockviz.html.style import ENOUGH
from sockviz.lesson.document import Expect, Perform
from sockviz.lesson.parser import parse_lesson
from sockviz.manual.reader import shipped
from sockviz.model.events import Event, LineTyped, PageOpened, PredictionSettled, VotesCounted
from sockviz.model.lab_facts import LabFacts
from sockviz.model.recording import Loaded
from sockviz.model.timeline import Header, Timeline
from sockviz.player.recorded import Recorded, open_recording
from sockviz.player.sourced import SourcedLesson
from sockviz.spoken import spoken_inline
from sockviz.tui.stage.outcomes import told
from sockviz.words.narration import call_of
from tests.conftest import ROOT
from tests.door.hostile import PAYLOADS, dangerous, timeline
from tests.html.reader import Element, well_formed
from tests.player.lessons import lesson_text

RECORDINGS = ROOT / "assets" / "recordings"
ONE_HOST, TWO_HOSTS = "05-listen", "06-handshake"


@cache
def recorded(name: str) -> SourcedLesson:
    return open_recording(RECORDINGS / f"{name}.jsonl")


@cache
def read(name: str) -> Element:
    return well_formed(page_of(recorded(name), shipped().story))


def in_words(text: str) -> str:
    return " ".join(text.split())


# --- what stands in it --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ONE_HOST, TWO_HOSTS])
def test_every_page_with_its_heading_and_its_lines_and_what_came_of_them(name: str) -> None:
    run, root = recorded(name), read(name)
    sections = root.all("section", "page")
    assert len(sections) == len(run.script.pages)
    for page, section in zip(run.script.pages, sections, strict=True):
        assert page.heading is not None
        (heading,) = section.all("h2")
        assert heading.text == f"{page.index + 1}. {spoken_inline(page.heading)}"
        blocks = [block for block in page.blocks if isinstance(block, Perform)]
        listed = section.all("ol", "lines")
        assert len(blocks) == len(listed)
        for block, lines in zip(blocks, listed, strict=True):
            rows = lines.all("li")
            assert len(rows) == len(block.statements)
            for statement, row in zip(block.statements, rows, strict=True):
                assert row.all("code")[0].text == statement.source
                assert statement.comment in row.text
        judged = [e.source for block in page.blocks if isinstance(block, Expect) for e in block.expectations]
        assert [
            row.all("code")[0].text for row in section.all("ul", "judged") for row in row.all("li")
        ] == judged
        assert all("✓ holds" in row.text for ul in section.all("ul", "judged") for row in ul.all("li"))


@pytest.mark.parametrize("name", [ONE_HOST, TWO_HOSTS])
def test_results_are_those_of_the_page_s_end(name: str) -> None:
    """Who sleeps there is not told what will wake it; that stands on the page where it did."""
    run, root = recorded(name), read(name)
    starts = [n for n, event in enumerate(run.timeline.events) if isinstance(event, PageOpened)]
    ends = [*starts[1:], len(run.timeline)]
    for page, section, end in zip(run.script.pages, root.all("section", "page"), ends, strict=True):
        world = run.timeline.world_at(end)
        results = [it.text.replace("\u00a0", " ") for it in section.all("span", "result")]
        lines = [world.lines[statement.line] for statement in page.statements]
        calls = [[c for n in it.calls if (c := call_of(world, it.process, n)) is not None] for it in lines]
        assert results == [told(it, made).text for it, made in zip(lines, calls, strict=True)]


def test_a_sleeper_s_waking_is_told_on_its_own_page() -> None:
    pages = read(TWO_HOSTS).all("section", "page")
    woke = [n for n, page in enumerate(pages, 1) if "connect wakes" in page.aloud]
    assert "connect(4) sleeps: its SYN has not been answered: the link keeps the SYN" in pages[2].aloud
    assert woke[0] == 5


def test_a_failed_call_has_its_card() -> None:
    pages = read(ONE_HOST).all("section", "page")
    cards = [card for page in pages for card in page.all("div", "card")]
    assert [in_words(card.all("strong")[0].text) for card in cards]
    first = in_words(cards[0].text)
    assert "errno" not in first
    assert re.match(r"✗ E[A-Z]+ \d+: ", first)
    assert first.count("(2)") == 1, "the manual's page"
    assert all(card.all("dt") for card in cards)


def test_answers_are_folded_and_the_instructor_s_notes_are_not_there() -> None:
    run, root = recorded(TWO_HOSTS), read(TWO_HOSTS)
    asked = [prediction for page in run.script.pages for prediction in page.predictions]
    folded = root.all("details")
    assert len(folded) == len(asked) > 5
    for prediction, details in zip(asked, folded, strict=True):
        answer = run.timeline.world.answers[prediction.line].answer
        assert answer is not None
        assert details.attributes == {}, "as a reader finds it: closed"
        assert details.all("summary")[0].text == "Answer"
        assert answer.strip(" `") in details.text
    notes = [note for page in run.script.pages for note in page.notes]
    assert notes
    said = in_words(root.text)
    assert not [note for note in notes if in_words(note)[:40] in said]


def test_a_room_s_votes_stand_with_the_choices() -> None:
    whole = recorded(TWO_HOSTS)
    opened, *events = whole.timeline.events
    votes = VotesCounted(opened.at, whole.script.pages[0].predictions[0].line, (12, 0, 7, 1))
    run = SourcedLesson(Recorded(Loaded(Timeline(whole.timeline.header, [opened, votes, *events]), None)))
    box = well_formed(page_of(run, shipped().story)).all("div", "predict")
    said = [in_words(choice.text) for choice in box[0].all("li")]
    assert [it.rpartition(" (")[2] for it in said] == ["12 votes)", "0 votes)", "7 votes)", "1 vote)"]
    assert "vote" not in in_words(box[1].text)


def test_the_wire_stands_in_words_and_its_drawing_is_not_read_aloud() -> None:
    first = read(TWO_HOSTS).all("section", "page")[0]
    assert in_words("".join(it.aloud for it in first.all("li"))).count("client → server: SYN") == 1
    (drawn,) = first.all("div", "framed")
    assert "SYN+ACK seq 0 ack 1" in drawn.text
    assert drawn.attributes["aria-hidden"] == "true"
    panels = [it for it in first.all("div", "panel") if "framed" not in it.attributes["class"].split()]
    assert [it.attributes["aria-label"] for it in panels] == ["server", "client"]
    assert "TCP  LISTEN 10.0.0.2:8080" in panels[0].aloud
    assert "◎ LISTEN" in panels[0].text
    assert not re.search("[─│╭■]", panels[0].aloud)
    assert max(len(row) for panel in panels for row in panel.text.split("\n")) <= 44, "as wide as a phone"


def test_where_and_how_it_was_performed() -> None:
    header = in_words(read(TWO_HOSTS).all("header")[0].text)
    assert recorded(TWO_HOSTS).timeline.header.kernel in header
    for fact in ("RECORDED", "two hosts", "captured packets"):
        assert fact in header


def test_in_spanish_the_lesson_is_still_english() -> None:
    language.use("es")
    try:
        root = well_formed(page_of(recorded(ONE_HOST), shipped().story))
    finally:
        language.use("en")
    assert root.attributes["lang"] == "es"
    assert {it.attributes.get("lang") for it in root.all("h1") + root.all("h2")} == {None, "en"}
    assert "GRABADO" in root.text or "GRABACIÓN" in root.text
    assert "LISTEN" in root.text


def test_what_the_run_did_not_come_to_is_said_so() -> None:
    whole = recorded(TWO_HOSTS).timeline
    second = [n for n, event in enumerate(whole.events) if isinstance(event, PageOpened)][1]
    cut = SourcedLesson(
        Recorded(Loaded(Timeline(whole.header, whole.events[: second + 1]), "it breaks off here"))
    )
    root = well_formed(page_of(cut, shipped().story))
    assert "it breaks off here" in root.all("header")[0].text
    reached, opened, third = root.all("section", "page")[:3]
    assert not reached.all("p", "notice")
    assert not opened.all("p", "notice")
    assert "nothing of it was performed" in third.all("p", "notice")[0].text
    assert {it.text for it in third.all("span", "result")} == {"not performed yet"}
    assert all("not judged" in row.text for ul in third.all("ul", "judged") for row in ul.all("li"))


def test_off_the_script_the_typed_lines_are_there_and_it_says_so() -> None:
    whole = recorded(ONE_HOST).timeline
    first = [n for n, event in enumerate(whole.events) if isinstance(event, PageOpened)][1]
    at = whole.events[first - 1].at
    line = whole.header.script.text.count("\n") + 2
    typed = LineTyped(at, "server", line, "x = socket.socket()", 0)
    run = SourcedLesson(Recorded(Loaded(Timeline(whole.header, [*whole.events[:first], typed]), None)))
    root = well_formed(page_of(run, shipped().story))
    assert "From page 1 on this run is off the script" in root.all("header")[0].text
    page = root.all("section", "page")[0]
    assert "server (off the script)" in [in_words(it.text) for it in page.all("p", "who")]
    assert page.all("ol", "lines")[-1].all("code")[0].text == "x = socket.socket()"


# --- what does not ------------------------------------------------------------------------------------------

HOSTILE = """---
title: "<script>alert(1)</script> & \\"quoted\\" </title>"
summary: "</p><style>*{display:none}</style>"
---

## <img src=x onerror=alert(1)> [x](javascript:alert(1)) `</h2>`

</details></main><script>alert(1)</script>

<iframe src="https://example.com"></iframe> and <b onclick=x>bold</b>

*Entities*: &lt;script&gt; &#x202e;&#27; &#0;

[one](javascript:alert(1)) [two](JaVaScRiPt:alert(1)) [three](data:text/html,x) [four](//example.com/x) [a file](other.md)
[six](https://example.com/?a=1&b="><script>) <https://example.com/y> ![picture](https://example.com/p.png)

[five]: https://example.com/z "title onmouseover=x"\n[five]

- a list
  - within

    > quoted

| a | b </table> |
|---|---|
| <script> | [x](vbscript:x) |

# A heading of the first level

###### and one of the sixth

```html
</pre></code><script>alert(1)</script>
```

```predict
Which </summary></details>?
- `</li>`
- <b>
answer: "</details><script>"
```

```python @server
s = socket.socket()  # </code></li><script>
s.bind((HOST, PORT))
b = "</code><script>"
```

```expect
server.b == "</code><script>"
```

<!-- note: </main> for the instructor alone -->
"""


CORNERED = """
|  | state |
|---|---|
| client | CLOSED |
"""


def performed(text: str) -> SourcedLesson:
    lab = LabFacts(
        "isolated", ("packets",), ("loopback",), {"loopback": "127.0.0.1"}, (8080,), missing={"</p>": "<b>"}
    )
    lesson = parse_lesson(text, "hostile.md")
    header = Header(lesson, lab, "6</dd><script>", float("inf"), "<i>")
    events: list[Event] = [
        PageOpened(1.0, 0),
        PredictionSettled(2.0, lesson.pages[0].predictions[0].line, "</details><script>"),
    ]
    return SourcedLesson(Recorded(Loaded(Timeline(header, events), "</p><script>\x1b[2J")))


def test_a_hostile_lesson_is_text() -> None:
    """`well_formed` knows no script, no image, no attribute that acts, and no link but to the web."""
    page = page_of(performed(HOSTILE), shipped().story)
    root = well_formed(page)
    assert "<script" not in page
    assert page.count("<style>") == page.count("</style>") == 1
    assert root.all("title")[0].text == '<script>alert(1)</script> & "quoted" </title>'
    links = {it.attributes["href"] for it in root.all("a") if it.attributes["href"][0] != "#"}
    assert {link.partition("?")[0] for link in links} == {
        "https://example.com/", "https://example.com/y", "https://example.com/z",
    }  # fmt: skip
    assert "instructor alone" not in page
    assert "picture" in root.text
    assert not dangerous(page)
    assert "\\u202e" in page


def test_hostile_words_in_every_field_of_every_event(misfits: None) -> None:
    page = page_of(SourcedLesson(Recorded(Loaded(timeline(every=False), None))), shipped().story)
    well_formed(page)
    assert "OWNED" in page
    assert not dangerous(page)
    assert not any(payload in page for payload in PAYLOADS)


@pytest.mark.parametrize("name", [ONE_HOST, TWO_HOSTS])
def test_nothing_is_fetched_and_nothing_runs(name: str) -> None:
    root = read(name)
    (policy,) = (it for it in root.all("meta") if it.attributes.get("http-equiv"))
    assert policy.attributes["content"].startswith("default-src 'none'; style-src 'sha256-")
    assert not re.search(r"url\(|@import|@font-face", root.all("style")[0].text)


def test_a_corner_of_a_table_names_no_column() -> None:
    root = well_formed(
        f"<!DOCTYPE html><html><h1 id=a></h1><main>{prose(CORNERED, Headings(1)).source}</main></html>"
    )
    assert [(it.name, it.text) for it in root.all("thead")[0].all("*")] == [
        ("tr", "state"),
        ("td", ""),
        ("th", "state"),
    ]


def test_what_is_too_large_is_not_written() -> None:
    with pytest.raises(PageTooLarge):
        page_of(recorded(ONE_HOST), shipped().story, largest=30_000)


def test_html_is_made_in_one_place() -> None:
    for path in (ROOT / "sockviz" / "html").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        made = [
            it for it in ast.walk(tree) if isinstance(it, ast.Call) and getattr(it.func, "id", "") == "Html"
        ]
        styled = [
            it
            for it in ast.walk(tree)
            if isinstance(it, ast.Call) and getattr(it.func, "id", "") == "style_element"
        ]
        assert not made or path.name == "markup.py", path
        assert not styled or path.name == "document.py", path


# --- what it looks like -------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_stands_off_every_ground() -> None:
    """WCAG 2.2 AA (1.4.3): 4.5 to 1, in light, in dark and on paper; read from the sheet itself."""
    css = read(ONE_HOST).all("style")[0].text
    schemes = [
        dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", part))
        for part in re.findall(r":root\{([^}]*)\}", css)
    ]
    texts = set(re.findall(r"[{;\s]color:\s*var\(--([\w-]+)\)", css))
    grounds = set(re.findall(r"background:\s*var\(--([\w-]+)\)", css))
    assert len(schemes) == 3, "light, dark, paper"
    assert len(texts) > 30
    assert len(grounds) == 3
    assert not re.search(r"(?<![\w-])#[0-9a-f]{3,6}", re.sub(r"--[\w-]+:\s*#[0-9a-f]{6}", "", css)), (
        "all by name"
    )
    for scheme in schemes:
        for text in texts:
            for ground in grounds:
                one, other = sorted((luminance(scheme[text]), luminance(scheme[ground])))
                assert (other + 0.05) / (one + 0.05) >= ENOUGH == 4.5, (text, ground, scheme[text])


def test_every_class_is_styled() -> None:
    root = read(TWO_HOSTS)
    css = root.all("style")[0].text
    used = {name for it in root.all("*") for name in it.attributes.get("class", "").split()}
    assert {name for name in used if not re.search(rf"\.{name}\b", css)} <= {"framed"}


# --- the command --------------------------------------------------------------------------------------------


def test_a_recording_is_written_to_a_new_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.html"
    source = str(RECORDINGS / f"{ONE_HOST}.jsonl")
    assert main(["export", source, "--html", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    written = out.read_bytes()
    well_formed(written.decode("utf-8"))
    assert main(["export", source, "--html", str(out)]) == 2
    assert "this file exists" in capsys.readouterr().err
    assert out.read_bytes() == written


TINY = lesson_text(
    """
```python @server
s = socket.socket()
s.bind((HOST, PORT))
```

```expect
server.s.fd == 3
```
"""
)


def test_a_lesson_is_performed_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesson, out = tmp_path / "lesson.md", tmp_path / "out.html"
    lesson.write_text(TINY, encoding="utf-8")
    assert main(["export", str(lesson), "--html", str(out)]) == 0
    root = well_formed(out.read_text(encoding="utf-8"))
    assert "LIVE" in root.all("header")[0].text
    assert [it.text for it in root.all("span", "result")] == ["→\u00a03", "→\u00a00"]
    assert "✓ holds" in root.all("ul", "judged")[0].text
    assert out.name in capsys.readouterr().out
