"""The words, glyphs and styles of states."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.services import Health
from cfconsole.ui.lines import STYLES, style
from cfconsole.ui.present import words


def test_every_state_has_its_own_shape() -> None:
    assert set(words.MARKS) == set(Health)
    assert len({mark.glyph for mark in words.MARKS.values()}) == len(Health)
    assert all(mark.style in STYLES for mark in words.MARKS.values())


def test_styles_must_exist() -> None:
    with pytest.raises(KeyError):
        style("no such style")
