"""Bars and sparklines."""

from __future__ import annotations

import pytest

from cfconsole.domain.fleet.metrics import Window
from cfconsole.ui.present.cells import Span, plain
from cfconsole.ui.present.charts import bar, sparkline
from tests.ui.shop import NOW


@pytest.mark.parametrize(("percent", "shown"), [(0, "    "), (1, "▏   "), (50, "██  "), (100, "████")])
def test_bars(percent: int, shown: str) -> None:
    assert bar(percent, 4) == shown


def test_sparklines_keep_the_peak_and_mark_what_may_grow() -> None:
    window = Window(NOW, 60, (0.0, 0.0, 8.0, 0.0, None, 4.0), incomplete=1)
    drawn = sparkline(window, 6, "good")
    assert plain(drawn) == "▁▁█▁ ▅"
    assert drawn[-1] == Span("▅", "dim")
    assert "█" in plain(sparkline(window, 2, "good"))
    assert plain(sparkline(Window(NOW, 60, ()), 4, "good")) == "    "
