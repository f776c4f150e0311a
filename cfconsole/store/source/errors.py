"""Errors of source directories: a sentence, and the lines of output behind it."""

from __future__ import annotations

from collections.abc import Iterable

from cfconsole.domain.source.packages import SourceRefusal


class SourceError(Exception):
    """The source can't be deployed as it is."""

    def __init__(self, sentence: str, lines: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.refusal = SourceRefusal(sentence, tuple(lines))


def unreadable_error(name: str, error: OSError) -> SourceError:
    """The error for a file or directory that can't be read."""
    why = error.strerror or type(error).__name__
    return SourceError(f"{name} can't be read: {why}; make it readable, or exclude it in .gcloudignore")
