"""Owns how the parts that look at a source directory give up: with a sentence, and the lines it rests on."""

from __future__ import annotations

from collections.abc import Iterable

from cfconsole.domain.source.packages import SourceRefusal


class SourceError(Exception):
    """The directory can't be deployed as it is."""

    def __init__(self, sentence: str, lines: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.refusal = SourceRefusal(sentence, tuple(lines))


def unreadable_error(name: str, error: OSError) -> SourceError:
    """A file or directory that the operator may not read, or that is broken."""
    why = error.strerror or type(error).__name__
    return SourceError(f"{name} can't be read: {why}; make it readable, or exclude it in .gcloudignore")
