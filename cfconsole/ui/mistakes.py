"""What the operator is told when the console itself made a mistake: a sentence, and where the rest of it was kept."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from cfconsole.domain.text import clean_line

NOTHING_LOST = "Releases under way go on, and `cfconsole releases` shows them"


def crash_message(error: BaseException, save: Callable[[str, str], str] | None) -> str:
    """The sentence about an error that nobody expected; `save` keeps its traceback, without the values of variables."""
    what = clean_line(f"{type(error).__name__}: {error}".removesuffix(": "))
    kept = _save_traceback("".join(traceback.format_exception(error)), save)
    return f"cfconsole made a mistake and ended ({what}). {NOTHING_LOST}. {kept}"


def _save_traceback(text: str, save: Callable[[str, str], str] | None) -> str:
    if save is None:
        return "Start it again."
    try:
        return f"Report it with {save('mistake', text)}."
    except OSError as trouble:
        return f"Where it happened could not be kept ({trouble.strerror}). Start it again."
