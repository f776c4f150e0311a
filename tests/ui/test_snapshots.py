"""Drawings of the screen, compared with those beside this file. `pytest --snapshot-update` draws them anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cfconsole.domain.logs.buffer import LogBuffer
from tests.ui.releases import left_behind, recovery, sample_progress, under_way, with_releases
from tests.ui.running_console import running_console
from tests.ui.scripted import ScriptedSession
from tests.ui.shop import shop

DRAWINGS = Path(__file__).parent / "drawings"
_STORIES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "main-120x40": ((120, 40), ()),
    "main-200x50": ((200, 50), ()),
    "main-80x24": ((80, 24), ()),
    "logs-80x24": ((80, 24), ("l", "k")),
    "entry-80x24": ((80, 24), ("e", "enter")),
    "rollback-120x40": ((120, 40), ("R",)),
    "deploy-120x40": ((120, 40), ("D", "right", "j", "left")),
    "deploy-80x24": ((80, 24), ("D", "j", "left")),
    "canary-120x40": ((120, 40), ("D", "j", "left", "k", "right", "D")),
    "canary-80x24": ((80, 24), ("D", "j", "left", "k", "right", "D", "pagedown")),
    "traffic-120x40": ((120, 40), ("T", "left", "left", "j", "=", "t")),
    "traffic-80x24": ((80, 24), ("T", "left")),
    "releases-120x40": ((120, 40), ("r",)),
    "releases-80x24": ((80, 24), ("r",)),
    "abort-120x40": ((120, 40), ("A",)),
    "interrupted-80x24": ((80, 24), ("r", "j", "enter")),
    "help-120x40": ((120, 40), ("?",)),
    "palette-120x40": ((120, 40), ("ctrl-p",)),
}


def _comparable(svg: str) -> str:
    """Without the identifiers that the drawing gets from a hash of its content."""
    return re.sub(r"terminal-\d+", "terminal", svg)


def _session(name: str) -> ScriptedSession:
    if name.partition("-")[0] not in {"releases", "abort", "interrupted"}:
        return ScriptedSession(shop(unreachable=name == "main-200x50"))
    session = ScriptedSession(with_releases(shop(), under_way(3), left_behind(), r_9=sample_progress(3)))
    session.recoveries["r-8"] = recovery(left_behind())
    return session


@pytest.mark.parametrize("name", _STORIES)
async def test_drawing(name: str, request: pytest.FixtureRequest) -> None:
    size, keys = _STORIES[name]
    async with running_console(session=_session(name), size=size) as console:
        await console.press(*keys)
        drawn = _comparable(console.app.export_screenshot())
    path = DRAWINGS / f"{name}.svg"
    if request.config.getoption("--snapshot-update"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn)
    assert path.exists(), f"there is no drawing {path.name}; make it with --snapshot-update"
    assert drawn == path.read_text(), f"{path.name} changed; look at it and accept it with --snapshot-update"


async def test_an_empty_log_draws_a_sentence() -> None:
    async with running_console(session=ScriptedSession(shop(), LogBuffer())) as console:
        assert "Waiting for log lines…" in console.text
