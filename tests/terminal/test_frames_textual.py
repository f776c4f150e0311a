"""Frame by frame, the differences give the same screen as Textual's own output."""

from __future__ import annotations

from textual.pilot import Pilot

from tests.terminal.reference_screen import FrameComparison
from tests.terminal.textual_frames import FrameRecorder, Gallery, RawFrame

STORY = [
    *("down", "down", "down", "ctrl+end", "ctrl+home", "pagedown", "up"),
    *("f4", "f4", "f4", "f4", "f4", "f4", "f4", "f4"),
    *("f2", "f2", "tab", "pageup", "end", "tab", "f", "o", "o", "backspace", "left", "left", "x", "end", "y"),
    *("f4", "f2", "f4", "f2", "tab", "enter", "shift+tab", "left", "left", "z"),
]


async def recorded() -> list[RawFrame]:
    """The frames of a session with keys, a dialog, scrolling and two changes of size."""
    app = Gallery(FrameRecorder)

    async def play(pilot: Pilot[object]) -> None:
        await pilot.pause()
        await pilot.press(*STORY)
        await pilot.resize_terminal(61, 19)
        await pilot.press("f2", "f4", "f2", "tab", "down", "f4")
        await pilot.resize_terminal(100, 33)
        await pilot.press("f4", "f4", "f2")
        app.exit()

    await app.run_async(auto_pilot=play, size=(90, 30), headless=False)
    driver = app._driver
    assert isinstance(driver, FrameRecorder)
    return driver.frames


async def test_every_frame_shows_what_textual_wrote() -> None:
    frames = await recorded()
    assert len(frames) > 100
    comparison = FrameComparison(frames[0].width, frames[0].height)
    size = frames[0][:2]
    seen = ""
    for frame in frames:
        if frame[:2] != size:
            size = frame[:2]
            comparison.resize(*size)
        comparison.frame(frame.data)
        comparison.draw()
        comparison.agrees()
        seen += "\n".join(comparison.drawn.lines())
    for text in ("Roll back 注文 to 00041?", "0009 GET /v1/注文", "状態 xfoy", "orders-39", "🔥 sick"):
        assert text in seen
    assert comparison.sent_bytes < comparison.raw_bytes / 4


async def test_a_slow_line_ends_on_the_last_frame() -> None:
    frames = [frame for frame in await recorded() if frame[:2] == (90, 30)]
    comparison = FrameComparison(90, 30)
    for frame in frames:
        comparison.frame(frame.data)
        comparison.draw(120)
    while comparison.pending:
        comparison.draw(200)
    comparison.draw()
    comparison.agrees()
