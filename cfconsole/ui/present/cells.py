"""Lines of styled text, measured in terminal cells, and the functions that shape them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from cfconsole.ui.line_edit import LineEdit

ELLIPSIS = "…"


class Span(NamedTuple):
    """A run of text in one style; styles are names of `cfconsole/ui/colours.py`."""

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
    """Shortens to `width` cells, with an ellipsis in place of the rest."""
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
    fitting: list[Span] = []
    for span in spans:
        size = cell_len(span.text)
        if not size:
            # Skipped: there is no cell for an ellipsis.
            continue
        if size > room:
            return _cut(fitting, span, room)
        fitting.append(span)
        room -= size
    if room:
        fitting.append(Span(" " * room, style))
    return tuple(fitting)


def _cut(fitting: list[Span], span: Span, room: int) -> Line:
    if room > 0:
        return (*fitting, Span(left(span.text, room), span.style))
    if not fitting:
        return ()
    *rest, last = fitting
    return (*rest, Span(set_cell_size(last.text, cell_len(last.text) - 1) + ELLIPSIS, last.style))


def spread(start: Sequence[Span], end: Sequence[Span], width: int) -> Line:
    """`start` at the left and `end` at the right; `start` is shortened if both do not fit."""
    room = width - width_of(end)
    return (*fit(start, room), *end) if room > 0 else fit(end, width)


def restyle(spans: Iterable[Span], style: str) -> Line:
    """The same text in one style, for example a row that is dim or under the cursor."""
    return tuple(Span(span.text, style) for span in spans)


def join_spans(groups: Iterable[Sequence[Span]], gap: str) -> Line:
    """The groups side by side with `gap` between them; empty groups are skipped."""
    parts: list[Span] = []
    for group in groups:
        if not group:
            continue
        if parts:
            parts.append(Span(gap))
        parts.extend(group)
    return tuple(parts)


def edit_line(edit: LineEdit, prompt: str) -> Line:
    """A line being typed with its cursor, after a prompt."""
    before, under, after = (
        edit.text[: edit.cursor],
        edit.text[edit.cursor : edit.cursor + 1],
        edit.text[edit.cursor + 1 :],
    )
    return (Span(prompt, "key"), Span(before), Span(under or " ", "cursor"), Span(after))


def hints(*keys: tuple[str, str]) -> Line:
    """Key hints for the foot of a dialog: `y yes, do it   esc cancel`; entries without a key are left out."""
    groups = [(Span(key, "key"), Span(f" {does}")) for key, does in keys if key]
    return (Span(" "), *join_spans(groups, "   "))


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
    """Breaks text anywhere into pieces of at most `width` cells; log lines keep their blanks."""
    if width <= 1 or (len(text) <= 4 * width and cell_len(text) <= width):
        return (text,)
    pieces = []
    at = 0
    while at < len(text):
        # Measures only what can fit: a line may have a quarter of a million characters.
        piece = text[at : at + width]
        while cell_len(piece) > width:
            piece = piece[:-1]
        pieces.append(piece)
        at += len(piece)
    return tuple(pieces)
