"""Writing what the log shows to a file the operator names, without holding up the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cfconsole.domain.logs.buffer import Row
from cfconsole.domain.logs.export import log_line, log_text
from cfconsole.ui.present.words import count

if TYPE_CHECKING:
    from cfconsole.ui.main_screen import MainScreen

_JSON = (".json", ".jsonl")


async def save_rows(screen: MainScreen, name: str, *, replace: bool) -> None:
    """Writes the rows that are shown now, and says where they are or why they are not."""
    if screen.settings.save_lines is None:
        screen.say("This console writes no files.")
        return
    rows = tuple(screen.logs.rows.row(index) for index in range(len(screen.logs.rows)))
    lines = _lines(rows, as_json=name.endswith(_JSON), services=screen.logs.names_services)
    try:
        path = await asyncio.to_thread(screen.settings.save_lines, name, lines, replace)
    except FileExistsError:
        screen.say(f"{name} exists and stays as it is; `:save! {name}` writes over it.")
    except OSError as error:
        screen.say(f"{name} can't be written: {error.strerror or error}.")
    else:
        screen.say(f"{count(len(rows), 'row')} written to {path}")


def _lines(rows: Iterable[Row], *, as_json: bool, services: bool) -> Iterable[str]:
    return (log_line(row) if as_json else log_text(row, services=services) for row in rows)
