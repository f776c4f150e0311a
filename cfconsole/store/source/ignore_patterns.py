"""The patterns of ignore files, as gitignore(5) defines them. Pure: no file is read."""

from __future__ import annotations

import re
from typing import NamedTuple

_CLASSES = {"alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": r"\s"}
_PIECES = re.compile(r"\\(?P<escaped>.)|(?P<stars>\*+)|(?P<any>\?)|(?P<bracket>\[)|(?P<plain>[^\\*?\[]+|\\)", re.DOTALL)
_BRACKET = re.compile(r"\[(?P<not>[!^]?)(?P<set>\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]", re.DOTALL)
_CLASS = re.compile(r"\[:(?P<class>[a-z]+):\]|\\(?P<escaped>.)|(?P<plain>.)", re.DOTALL)
_UNESCAPED_SPACES = re.compile(r"(?<!\\)[ ]+$")
_MANY_STARS = re.compile(r"\*\*+")
_NEVER = re.compile(r"(?!)")


class IgnorePattern(NamedTuple):
    """One rule. It matches a path itself, not what is below it: an excluded directory is never searched."""

    regex: re.Pattern[str]
    negated: bool
    """Whether it includes what an earlier rule excludes."""
    directories_only: bool

    def matches(self, path: str, is_directory: bool) -> bool:
        """Whether the rule matches `path`, relative to the ignore file's directory and without a slash at its end."""
        return (is_directory or not self.directories_only) and self.regex.fullmatch(path) is not None


def parse_pattern(line: str) -> IgnorePattern | None:
    """The rule of a line; `None` for a comment, a blank line, or a pattern that can match nothing."""
    text = _UNESCAPED_SPACES.sub("", line.rstrip("\r\n"))
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = text[1:] if negated else text
    directories_only = text.endswith("/")
    text = text[:-1] if directories_only else text
    if not text:
        return None
    anchored = "/" in text
    return IgnorePattern(_regex(text.removeprefix("/"), anchored), negated, directories_only)


def _regex(text: str, anchored: bool) -> re.Pattern[str]:
    """The rule as a regular expression. Without a slash it matches at any depth, else only from the ignore file."""
    if not anchored:
        written = f"(?:.*/)?{_glob(text)}"
    else:
        *parents, last = ("**" if _MANY_STARS.fullmatch(part) else part for part in text.split("/"))
        written = "".join("(?:.*/)?" if part == "**" else f"{_glob(part)}/" for part in parents)
        written += ".+" if last == "**" else _glob(last)
    try:
        return re.compile(written, re.DOTALL)
    except re.error:
        return _NEVER


def _glob(text: str) -> str:
    """A shell pattern as a regular expression; only a slash matches a slash."""
    written, at = "", 0
    while at < len(text):
        bracket = _BRACKET.match(text, at)
        piece = bracket or _PIECES.match(text, at)
        if piece is None or (not bracket and piece["bracket"]):
            return "(?!)"  # A bracket that is never closed matches nothing.
        written += _set(bracket) if bracket else _piece(piece)
        at = piece.end()
    return written


def _piece(piece: re.Match[str]) -> str:
    if piece["stars"]:
        return "[^/]*"
    if piece["any"]:
        return "[^/]"
    return re.escape(piece["escaped"] or piece["plain"])


def _set(bracket: re.Match[str]) -> str:
    """A set of characters, in which a minus between two characters is a range."""
    members = "".join(map(_member, _CLASS.finditer(bracket["set"])))
    return f"(?!/)[{'^' if bracket['not'] else ''}{members}]"


def _member(found: re.Match[str]) -> str:
    if found["class"]:
        return _CLASSES.get(found["class"], "")
    plain = found["plain"]
    return plain if plain == "-" else re.escape(found["escaped"] or plain)
