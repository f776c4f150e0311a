"""For random frames, the differences give the same screen as the frames themselves."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.terminal.reference_screen import FrameComparison

WIDTH, HEIGHT = 26, 9

CLUSTERS = ["a", "b", "Z", " ", "  ", "      ", "│", "─", "▅", "é", "e\u0301", "漢", "字", "😀", "…"]
CODES = ["", "0", "1", "22", "3", "23", "4", "24", "7", "27", "9", "31", "92", "39", "38;5;7", "38;2;1;2;3"]
CODES += ["41", "49", "48;5;4", "48;2;18;18;18", "1;31;44"]

texts = st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=12)


def cut(clusters: list[str], room: int) -> str:
    """The clusters that fit into `room` cells; Textual never writes past the edge."""
    text = ""
    for cluster in clusters:
        room -= 2 if cluster in {"漢", "字", "😀"} else len(cluster.replace("\u0301", ""))
        if room < 0:
            break
        text += cluster
    return text


@st.composite
def frames(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 8))):
        x, y = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
        codes, text = draw(st.sampled_from(CODES)), cut(draw(texts), WIDTH - x)
        end = draw(st.sampled_from(["\x1b[0m", ""]))
        parts.append(f"\x1b[{y + 1};{x + 1}H\x1b[{codes}m{text}{end}")
    return "".join(parts) + f"\x1b[0m\x1b[{draw(st.integers(1, HEIGHT))};{draw(st.integers(1, WIDTH))}H"


def scrolled(rows: list[str]) -> str:
    """A frame of whole rows, each a text padded with blanks."""
    return "".join(f"\x1b[{y + 1}H\x1b[32m{row[:WIDTH]:<{WIDTH}}\x1b[0m" for y, row in enumerate(rows)) + "\x1b[H"


@settings(max_examples=150, deadline=None)
@given(st.lists(frames(), min_size=1, max_size=6))
def test_differences_show_what_the_frames_show(data: list[str]) -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    for frame in data:
        comparison.frame(frame)
        comparison.draw()
        assert not comparison.pending
        comparison.agrees()


@settings(max_examples=100, deadline=None)
@example([("\x1b[2;1H\x1b[ma\x1b[0m\x1b[0m\x1b[1;1H", 1)] * 2)
@given(st.lists(st.tuples(frames(), st.integers(1, 60)), min_size=1, max_size=6))
def test_shares_add_up_to_the_same_screen(data: list[tuple[str, int]]) -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    for frame, allowance in data:
        comparison.frame(frame)
        comparison.draw(allowance)
    for _ in range(2 * HEIGHT):
        comparison.draw(40)
    comparison.draw()
    assert not comparison.pending
    comparison.agrees()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.lists(st.integers(-4, 4), min_size=1, max_size=6), st.integers(10, 90))
def test_moved_blocks_show_what_the_frames_show(top: int, foot: int, steps: list[int], allowance: int) -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    first = 20
    for step in [0, *steps]:
        first += step
        body = [f"line {first + y} of the log {'漢字' * (y % 2)}" for y in range(HEIGHT - top - foot)]
        # Each wide character makes a line one cell longer, so the line is cut to fit.
        comparison.frame(scrolled(["head"] * top + [row[:20] for row in body] + ["foot"] * foot))
        comparison.draw(allowance)
        comparison.draw()
        comparison.agrees()


def test_same_frame_again_sends_nothing() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    frame = scrolled([f"row {y}" for y in range(HEIGHT)])
    comparison.frame(frame)
    assert comparison.draw()
    comparison.frame(frame)
    assert comparison.draw() == ""


def test_log_that_grows_from_the_bottom_is_moved_by_the_terminal() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    words = ["request served", "payment refused", "cache was cold", "user gone"]
    rows = [f"{number:04} {words[number % 4]}" for number in range(40)]
    for first in (0, 2):
        comparison.frame(scrolled(["head", *rows[first : first + HEIGHT - 2], "foot"]))
        sent = comparison.draw()
        comparison.agrees()
    assert sent.startswith(f"\x1b[m\x1b[2;{HEIGHT - 1}r\r\n\x1b[2M\x1b[r")
    assert [number in sent for number in ("0006", "0007", "0008")] == [False, True, True]


def test_rows_that_answer_a_key_go_before_a_flood() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["prompt: ", *["x" * WIDTH] * (HEIGHT - 1)]))
    comparison.draw()
    comparison.frame(scrolled(["prompt: ", *["flood" * 5] * (HEIGHT - 1)]))
    comparison.frame("\x1b[9;1H\x1b[31manswer\x1b[0m\x1b[1;10H")
    comparison.draw(40)
    assert comparison.pending
    assert "answer" in comparison.drawn.lines()[8]


def test_the_rows_of_a_cursor_go_before_all_else_that_its_move_changes() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["-"] * HEIGHT))
    comparison.draw()
    cursor = f"\x1b[8;1H\x1b[7m{'under the cursor':<{WIDTH}}\x1b[0m\x1b[H"
    comparison.frame(scrolled([str(y) for y in range(HEIGHT)]) + cursor)
    comparison.draw(60)
    assert comparison.pending
    assert comparison.drawn.lines()[7] == "under the cursor"


def test_room_that_an_answer_waits_for_is_not_given_to_cheaper_rows() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["-"] * HEIGHT))
    comparison.draw()
    comparison.frame(scrolled(["short"] * HEIGHT))
    comparison.frame("\x1b[9;1H\x1b[31man answer of some length\x1b[0m\x1b[H")
    comparison.draw(60)
    assert comparison.drawn.lines()[8] == "an answer of some length"
    comparison.frame("\x1b[9;1H\x1b[32mand what came after it\x1b[0m\x1b[H")
    assert comparison.draw_what_fits(12) == ""
    comparison.draw_what_fits(60)
    assert comparison.drawn.lines()[8].startswith("and what came after it")


def test_an_answer_need_not_wait_until_the_line_is_empty() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["-"] * HEIGHT))
    comparison.draw()
    comparison.frame(scrolled(["short"] * HEIGHT))
    comparison.frame("\x1b[9;1H\x1b[31man answer of some length\x1b[0m\x1b[H")
    comparison.draw_what_fits(0, for_answers=60)
    assert comparison.drawn.lines()[8] == "an answer of some length"
    assert comparison.drawn.lines()[7] == "-"
    assert comparison.draw_what_fits(0, for_answers=60) == ""


def test_the_rows_of_a_cursor_go_before_other_small_changes() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["-"] * HEIGHT))
    comparison.draw()
    comparison.frame("".join(f"\x1b[{row};1Hsmall" for row in range(1, 5)))
    comparison.frame(f"\x1b[8;1H\x1b[7m{'under the cursor':<{WIDTH}}\x1b[0m\x1b[H")
    comparison.draw(60)
    assert comparison.pending
    assert comparison.drawn.lines()[7] == "under the cursor"


def test_a_row_that_does_not_fit_is_sent_in_parts() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["-"] * HEIGHT))
    comparison.draw()
    comparison.frame(scrolled([*["-"] * (HEIGHT - 1), "─世" * (WIDTH // 3)]))
    parts: list[int] = []
    while not parts or comparison.pending:
        parts.append(len(comparison.draw(40).encode()))
    comparison.agrees()
    assert len(parts) > 1
    assert max(parts) < 80


def test_no_row_waits_for_ever_behind_cheaper_ones() -> None:
    comparison = FrameComparison(WIDTH, HEIGHT)
    comparison.frame(scrolled(["-"] * HEIGHT))
    comparison.draw()
    for turn in range(30):
        cheap = [f"{turn}"] * (HEIGHT - 1)
        comparison.frame(scrolled([*cheap, "a row that costs much"]))
        comparison.draw(30)
    assert comparison.drawn.lines()[HEIGHT - 1] == "a row that costs much"
