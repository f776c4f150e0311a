"""Lines of styled text measured in terminal cells, and the few ways to shape them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


class Span(NamedTuple):
    """A run of text in one style; styles are names that `ui/palette.py` knows."""

    text: str
    style: str = ""


Line = tuple[Span, ...]

BLANK: Line = ()


def line(*parts: Span | str) -> Line:
    """Builds a line; bare strings are plain text."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def width_of(spans: Iterable[Span]) -> int:
    return sum(cell_len(span.text) for span in spans)


def plain(spans: Iterable[Span]) -> str:
    return "".join(span.text for span in spans)


def clip(text: str, width: int) -> str:
    """Shortens to `width` cells, with an ellipsis where something is left out."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""


def left(text: str, width: int) -> str:
    """Exactly `width` cells, padded on the right."""
    return set_cell_size(clip(text, width), width)


def right(text: str, width: int) -> str:
    """Exactly `width` cells, padded on the left."""
    text = clip(text, width)
    return " " * (width - cell_len(text)) + text


def fit(spans: Sequence[Span], width: int, style: str = "") -> Line:
    """Exactly `width` cells: cut with an ellipsis or padded with blanks of `style`."""
    room = width
    kept: list[Span] = []
    for span in spans:
        size = cell_len(span.text)
        if not size:
            # An ellipsis could not take the place of anything in it.
            continue
        if size > room:
            return _cut(kept, span, room)
        kept.append(span)
        room -= size
    if room:
        kept.append(Span(" " * room, style))
    return tuple(kept)


def _cut(kept: list[Span], span: Span, room: int) -> Line:
    if room > 0:
        return (*kept, Span(left(span.text, room), span.style))
    if not kept:
        return ()
    *rest, last = kept
    return (*rest, Span(set_cell_size(last.text, cell_len(last.text) - 1) + ELLIPSIS, last.style))


def spread(start: Sequence[Span], end: Sequence[Span], width: int) -> Line:
    """`start` at the left and `end` at the right; where both do not fit, `start` gives way."""
    room = width - width_of(end)
    return (*fit(start, room), *end) if room > 0 else fit(end, width)


def restyle(spans: Iterable[Span], style: str) -> Line:
    """The same text in one style, as for a row that is dimmed or under the cursor."""
    return tuple(Span(span.text, style) for span in spans)


def join_spans(groups: Iterable[Sequence[Span]], gap: str) -> Line:
    """The groups side by side with `gap` between them; empty ones leave no gap."""
    parts: list[Span] = []
    for group in groups:
        if not group:
            continue
        if parts:
            parts.append(Span(gap))
        parts.extend(group)
    return tuple(parts)


def hints(*keys: tuple[str, str]) -> Line:
    """`y yes, do it   esc cancel`, as at the foot of every box; what has no key is left out."""
    shown = [(Span(key, "key"), Span(f" {does}")) for key, does in keys if key]
    return (Span(" "), *join_spans(shown, "   "))


def wrap(text: str, width: int) -> tuple[str, ...]:
    """Breaks a sentence between words into lines of at most `width` cells; longer words are cut."""
    rows: list[str] = []
    row = ""
    for word in text.split():
        joint = f"{row} {word}" if row else word
        if cell_len(joint) <= width:
            row = joint
            continue
        if row:
            rows.append(row)
        row = word
        while cell_len(row) > width > 0:
            head = set_cell_size(row, width).rstrip()
            rows.append(head)
            row = row[len(head) :]
    return (*rows, row) if row or not rows else tuple(rows)


def chunks(text: str, width: int) -> tuple[str, ...]:
    """Breaks text anywhere into pieces of at most `width` cells: log lines keep their blanks."""
    if width <= 1 or (len(text) <= 4 * width and cell_len(text) <= width):
        return (text,)
    pieces = []
    at = 0
    while at < len(text):
        # Only as much is measured as can fit: lines may have a quarter of a million characters.
        piece = text[at : at + width]
        while cell_len(piece) > width:
            piece = piece[:-1]
        pieces.append(piece)
        at += len(piece)
    return tuple(pieces)
