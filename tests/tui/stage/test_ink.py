"""Lines are cut and filled by cells, and say nothing that moves a cursor."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sockviz.model.values import show
from sockviz.tui.stage.ink import columns, crop, ends, fit, line, safe, shorten, wrap
from sockviz.tui.stage.listing import coloured, compact
from sockviz.visible import visible

TEXTS = st.text(max_size=60)


@given(TEXTS)
def test_safe_text_has_only_cells_that_show(text: str) -> None:
    shown = safe(text)
    assert visible(shown) == shown
    assert safe(shown) == shown
    shown.encode("utf-8")


@given(st.lists(TEXTS, max_size=4), st.integers(0, 50))
def test_a_line_is_cropped_and_filled_to_the_cell(texts: list[str], width: int) -> None:
    it = line(*texts)
    assert crop(it, width).width <= max(width, 0)
    assert fit(it, width).width == width
    if it.width <= width:
        assert crop(it, width) == it


@given(st.integers(1, 60))
def test_what_was_cut_has_one_ellipsis(width: int) -> None:
    long = show((b"z" * 4000, 7), 40)
    assert "… (4000 bytes)" in long
    for cut in (
        crop(line("→ ", long), width).text,
        shorten(f"→ {long}", width),
        compact(f"send({long})", width),
    ):
        assert "……" not in cut.replace(" ", "")
        assert "… (" not in cut or "bytes)" in cut


@given(TEXTS, TEXTS, st.integers(1, 50))
def test_left_and_right_share_a_width(left: str, right: str, width: int) -> None:
    assert ends(line(left), line(right), width).width == width
    assert columns([(line(left), width), (line(right), 7)]).width == width + 7


@given(TEXTS, st.integers(1, 40))
def test_words_wrap_into_a_width_and_none_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(it.width <= max(width, 2) for it in lines)  # a wide character needs two cells
    assert "".join("".join(it.text for it in lines).split()) == "".join(safe(text).split())


@given(TEXTS, st.integers(0, 40))
def test_shortened_text_fits(text: str, width: int) -> None:
    assert cell_len(shorten(text, width)) <= width


@given(TEXTS)
def test_colouring_changes_no_character(source: str) -> None:
    assert coloured(source).text == safe(source)


@given(TEXTS, st.integers(1, 60))
def test_compact_source_fits(source: str, width: int) -> None:
    assert cell_len(compact(source, width)) <= width


def test_source_gives_up_its_arguments_before_its_call() -> None:
    assert compact("conn.connect((HOST, PORT))", 26) == "conn.connect((HOST, PORT))"
    assert compact("conn.connect((HOST, PORT))", 18) == "conn.connect(…)"
    assert compact("conn, peer = s.accept()", 12) == "s.accept()"
    assert compact("ended, how = os.waitpid(child, 0)", 32) == "ended, how = os.waitpid(…)"


def test_strings_numbers_and_calls_are_told_apart() -> None:
    roles = {role: text for text, role in coloured('s.send(b"a#(1)", MSG_OOB, 0x1f)  # why').runs}
    assert roles["code-string"] == 'b"a#(1)"'
    assert roles["code-call"] == "send"
    assert roles["code-constant"] == "MSG_OOB"
    assert roles["code-number"] == "0x1f"
    assert roles["code-comment"] == "# why"
