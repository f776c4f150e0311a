"""What a log view tells the source of its entries."""

from __future__ import annotations

from collections.abc import Collection

from cfconsole.domain.fleet.services import ServiceKey
from cfconsole.session.logs.view import LogView


class VisibilitySource:
    """`LogSource` that records whether the log is on the screen."""

    def __init__(self) -> None:
        self.visible: list[bool] = []

    def retarget(self) -> None:
        pass

    def forget(self, keys: Collection[ServiceKey]) -> None:
        pass

    def read_back(self) -> None:
        pass

    def set_visible(self, visible: bool) -> None:
        self.visible.append(visible)

    async def query_error(self, query: str) -> str:
        return ""


def test_a_log_is_on_the_screen_until_it_is_hidden() -> None:
    view, source = LogView(100, 10_000), VisibilitySource()
    view.attach(source)
    for shown in (True, False, False, True):
        view.set_visible(shown)
    assert source.visible == [True, False, True]
