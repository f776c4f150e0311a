"""How splits read in one line."""

from __future__ import annotations

from cfconsole.domain.fleet.traffic import LATEST, Target
from cfconsole.domain.releases.split_text import format_split
from tests.builders import share, target


def test_a_split_in_one_line() -> None:
    lines = (target("00041", 90), Target(LATEST, 10, "next"), target("00040", 0, "old"), target("00039", 0))
    assert format_split(lines, "orders-api") == "00041 90 %, latest 10 % tag next, 00040 tag old, 00039 0 %"
    assert format_split((share("00041", 100),)) == "orders-api-00041 100 %"
    assert format_split(()) == "nothing"
