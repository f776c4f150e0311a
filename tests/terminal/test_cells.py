"""Cells: text, parsed escape sequences, and the bytes between two styles."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfconsole.ui.terminal.brush import Brush
from cfconsole.ui.terminal.cells import Cluster, Grid, clusters
from cfconsole.ui.terminal.differ import write_row
from cfconsole.ui.terminal.frame_parser import FrameParser
from cfconsole.ui.terminal.styles import after_sgr, change, on_blank, with_link

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def row_after(*writes: tuple[int, str], width: int = 8) -> list[str]:
    grid = Grid(width, 1)
    for column, text in writes:
        grid.write(0, column, text, "")
    return grid.chars[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab", [("a", 1), ("b", 1)]),
        ("e\u0301x", [("e\u0301", 1), ("x", 1)]),
        ("漢a", [("漢", 2), ("a", 1)]),
        ("\u0301a", [("\u0301", 0), ("a", 1)]),
        ("a\x9bb", [("a", 1), ("b", 1)]),
        (FAMILY + "!", [(FAMILY, 2), ("!", 1)]),
    ],
)
def test_text_is_cut_into_characters_with_their_marks(text: str, expected: list[tuple[str, int]]) -> None:
    assert clusters(text) == tuple(Cluster(*each) for each in expected)


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ([(0, "漢字")], ["漢", "", "字", "", " ", " ", " ", " "]),
        ([(0, "漢字"), (1, "x")], [" ", "x", "字", "", " ", " ", " ", " "]),
        ([(0, "漢字"), (0, "x")], ["x", " ", "字", "", " ", " ", " ", " "]),
        ([(0, "漢字"), (1, "漢")], [" ", "漢", "", " ", " ", " ", " ", " "]),
        ([(7, "漢")], [" "] * 8),
        ([(6, "abcd")], [" "] * 6 + ["a", "b"]),
        ([(0, "漢"), (2, "\u0301")], ["漢\u0301", "", " ", " ", " ", " ", " ", " "]),
        ([(0, "\u0301a")], ["a", " ", " ", " ", " ", " ", " ", " "]),
        ([(9, "out")], [" "] * 8),
    ],
)
def test_no_half_of_a_wide_character_is_left(writes: list[tuple[int, str]], expected: list[str]) -> None:
    assert row_after(*writes) == expected


def test_a_narrower_grid_drops_a_character_that_is_cut() -> None:
    grid = Grid(4, 2)
    grid.write(0, 0, "a漢b", "1")
    smaller = grid.resized(2, 3)
    assert smaller.chars == [["a", " "], [" ", " "], [" ", " "]]


def test_sequences_that_are_not_for_the_grid_are_passed_on_in_order() -> None:
    parser = FrameParser(10, 2)
    passed = parser.feed("\x1b[?1049h\x1b[2;3Hab\x07\x1b]52;c;YWI=\x07\x1b[?25l\x1b]0;title\x1b\\\x1b[>1u\x1b[5 qc")
    assert passed == [
        *("\x1b[?1049h", "\x07", "\x1b]52;c;YWI=\x07", "\x1b[?25l", "\x1b]0;title\x1b\\", "\x1b[>1u", "\x1b[5 q"),
    ]
    assert "".join(parser.grid.chars[1]) == "  abc     "
    assert parser.written_rows == {1}


def test_synchronized_output_is_not_asked_for() -> None:
    assert FrameParser(4, 1).feed("\x1b[?2026$p\x1b[?2026hx\x1b[?2026l") == []


def test_cursor_moves_and_erasures_work_on_the_grid() -> None:
    parser = FrameParser(5, 4)
    parser.feed("\x1b[Haaaaa\nbbbbb\ncc\x1b[2A\x1b[1D\x1b[K\x1b[B\x1b[2G\x1b[1K\x1b[4;1Hd\rD\x1b[2Ce")
    assert ["".join(row) for row in parser.grid.chars] == ["a    ", "  bbb", "cc   ", "D  e "]
    assert (parser.x, parser.y) == (4, 3)
    parser.feed("\x1b[2;3H\x1b[J")
    assert ["".join(row) for row in parser.grid.chars] == ["a    ", "     ", "     ", "     "]


def test_where_no_colours_are_wanted_attributes_stay() -> None:
    parser = FrameParser(4, 1, colours=False)
    parser.feed("\x1b[1;31;48;5;7ma\x1b[7mb\x1b[0mc\x1b[92md")
    assert parser.grid.styles == [["1", "1;7", "", ""]]


def test_text_below_the_grid_is_dropped() -> None:
    parser = FrameParser(3, 1)
    parser.feed("\x1b[9;1Hxyz\x1b[K")
    assert parser.grid.chars == [[" "] * 3]


@pytest.mark.parametrize(
    ("style", "codes", "expected"),
    [
        ("", "1;31", "1;31"),
        ("1;31", "", ""),
        ("1;2;31", "22;39", ""),
        ("1;4;31", "24", "1;31"),
        ("31", "38;2;1;2;3;48;5;9", "38;2;1;2;3;48;5;9"),
        ("31", "38;5", "31"),
        ("31", "58;5;4;3", "3;31"),
        ("31", "199", "31"),
        ("3", "0;7;92", "7;92"),
    ],
)
def test_codes_make_styles(style: str, codes: str, expected: str) -> None:
    assert after_sgr(style, codes) == expected


CODES = ["1", "2", "3", "4", "5", "7", "9", "21", "53", "31", "97", "38;5;200", "38;2;9;8;7"]
CODES += ["44", "105", "48;5;3", "48;2;1;1;1"]

styles = st.lists(st.sampled_from(CODES), max_size=5).map(lambda codes: after_sgr("", ";".join(codes)))


@given(styles, styles)
def test_a_change_of_style_arrives_where_it_should(old: str, new: str) -> None:
    arrived = old
    for codes in re.findall(r"\x1b\[([0-9;]*)m", change(old, new)):
        arrived = after_sgr(arrived, codes)
    assert arrived == new
    assert len(change(old, new)) <= len(change(None, new))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "31", "\x1b[31m"),
        ("1;31", "", "\x1b[m"),
        ("31;48;5;7", "32;48;5;7", "\x1b[32m"),
        ("1;2;31", "2;31", "\x1b[22;2m"),
        (None, "", "\x1b[m"),
        ("7", "7", ""),
    ],
)
def test_a_change_of_style_is_short(old: str | None, new: str, expected: str) -> None:
    assert change(old, new) == expected


def test_links_open_and_close() -> None:
    linked = with_link("31", "id=1;http://x")
    assert change("31", linked) == "\x1b]8;id=1;http://x\x1b\\"
    assert change(linked, "31") == "\x1b]8;;\x1b\\"
    parser = FrameParser(4, 1)
    parser.feed("\x1b]8;id=1;http://x\x1b\\\x1b[31mab\x1b[0m\x1b]8;;\x1b\\c")
    assert parser.grid.styles[0] == [linked, linked, "", ""]


def test_blanks_keep_only_what_shows() -> None:
    assert on_blank("1;3;31;44") == "44"
    assert on_blank("4;31") == "4;31"


def written(old: str, new: str, width: int = 40) -> str:
    """The bytes sent to change a row from one text to another; both may contain escape sequences."""
    front, back = FrameParser(width, 2), FrameParser(width, 2)
    front.feed(old)
    back.feed(new)
    brush = Brush(width, 0, 0, "")
    write_row(brush, front.grid, back.grid, 0)
    return brush.text()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("same", "same", ""),
        ("count 1 of 9", "count 2 of 9", "\x1b[7G2"),
        ("a1b2c", "a3b4c", "\x1b[C3b4"),
        ("a1bbbbbbbb2c", "a3bbbbbbbb4c", "\x1b[C3\x1b[8C4"),
        ("some long text", "some", "\x1b[5G\x1b[K"),
        ("x" * 40, "x" * 39 + "y", "\x1b[40Gy"),
        ("漢字", "漢書", "\x1b[3G書"),
        ("漢字", "a字", "a字 "),
        ("", "a\U0001f600b", "a\U0001f600\x1b[4Gb"),
        ("", FAMILY + "b", FAMILY + "\x1b[3Gb"),
        ("", "\x1b[31mred \x1b[32mgreen", "\x1b[31mred \x1b[32mgreen"),
    ],
)
def test_rows_are_sent_in_few_bytes(old: str, new: str, expected: str) -> None:
    assert written(old, new) == expected
