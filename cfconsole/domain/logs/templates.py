"""Templates of messages: what messages have in common that differ only by numbers, names and times."""

from __future__ import annotations

import re

from cfconsole.domain.logs.entries import Request
from cfconsole.domain.logs.stacks import stack_of

VARIABLE = "#"
"""Replaces a number, an id, an address or a time. No template is longer than its text."""

_MAX_READ = 512
"""How many characters of a line count; differences further on are ignored."""

# Quotes stay and mark a name; an apostrophe inside a word is not a quote, and a key of JSON not a value.
# Replacing variable parts does not move quotes, so a template is its own template.
_QUOTED = re.compile(r"(?<![\w#…])(['\"`])(?:(?!\1)[^\n])++\1(?![\w#…]|(?<=\"):)")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++")
_VARIABLE = re.compile(
    r"(?<!\w)(?:"
    # UUIDs, and hexadecimal ids that begin with a letter
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?!\w)"
    r"|(?=[a-fA-F]{1,64}\d)[0-9a-fA-F]{8,}+(?!\w)"
    # letters and digits by turns: an id of another alphabet
    r"|[^\W\d_]++\d++[^\W\d]++\d\w*+"
    # numbers with units, times, addresses
    r"|[+-]?\d\w*+(?:[.,:-]\d\w*+)*+"
    r")"
    # the number at the end of a name, as in `worker7` and `v1.2`
    r"|\d++(?:[.,:]\d++)*+"
)
_VERSION = re.compile(r"v\d{1,2}")
"""The version of an API in a path, which is not a variable part."""
_DIGIT = re.compile(r"\d")


def template_of(message: str) -> str:
    """The template of a message: for a stack trace its exception and the innermost own frame, else its first line.

    The template of a template is that template.
    """
    if "\n" in message:
        stack = stack_of(message)
        if stack:
            return line_template(f"{stack.exception} in {stack.where}")
    return line_template(message)


def line_template(text: str) -> str:
    """The first line with content, with its variable parts replaced; only its first 512 characters count."""
    line = text[:_MAX_READ].lstrip().partition("\n")[0]
    if '"' in line or "'" in line or "`" in line:
        line = _QUOTED.sub(r"\1…\1", line)
    if "@" in line:
        line = _MAIL.sub("#@#", line)
    return " ".join((_VARIABLE.sub(VARIABLE, line) if _DIGIT.search(line) else line).split())


def request_template(request: Request) -> str:
    """The template of a request, such as `5xx POST /v1/orders/#`; other failures keep their own status."""
    status = "5xx" if request.status >= 500 else f"{request.status or '---'}"
    parts = request.path[:_MAX_READ].partition("?")[0].split("/")
    path = "/".join(part if _VERSION.fullmatch(part) else line_template(part) for part in parts)
    return f"{status} {request.method} {path}"
