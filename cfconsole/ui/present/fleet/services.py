"""The list of services as rows with fixed columns."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from cfconsole.domain.fleet.metrics import ServiceMetrics, TrafficNumbers
from cfconsole.domain.fleet.services import Health, Service, ServiceKey, Unreachable, short_revision
from cfconsole.domain.health.alerts import Thresholds
from cfconsole.domain.health.state import serving_numbers
from cfconsole.ui.present import words
from cfconsole.ui.present.cells import Line, Span, clip, fit, left, line, right, wrap

_FIXED = 43
"""All columns except the name and those of wide panes, with the blanks between them and at the end."""
_REGION = 14
_WHO = 16
_WIDER_SERVING = 8


class ServiceColumns(Struct, frozen=True):
    """Column widths for one pane; 0 leaves a column out."""

    name: int
    serving: int
    region: int
    who: int


class ServiceFigures(Struct, frozen=True):
    """The figures of a service or revision, or the sign that stands for missing ones."""

    traffic: TrafficNumbers | None
    missing: str
    thresholds: Thresholds

    def rps(self) -> Span:
        return self._span(self.traffic.rps if self.traffic else None, words.rps, "")

    def errors(self) -> Span:
        rate = self.traffic.error_rate if self.traffic else None
        bad = rate is not None and rate > self.thresholds.error_rate
        return self._span(rate, words.rate, "bad-strong" if bad else "")

    def p95(self) -> Span:
        p95 = self.traffic.p95_ms if self.traffic else None
        slow = p95 is not None and p95 > self.thresholds.p95_ms
        return self._span(p95, words.latency, "warn-strong" if slow else "")

    def _span(self, value: float | None, format_figure: Callable[[float | None], str], style: str) -> Span:
        if self.traffic is None:
            return Span(self.missing, "dim")
        return Span(format_figure(value), style if value is not None else "dim")


def numbers(service: Service, metrics: ServiceMetrics | None, missing: str, thresholds: Thresholds) -> ServiceFigures:
    """The figures that the health of the service follows from: those of its serving revisions."""
    return ServiceFigures(serving_numbers(service, metrics) if metrics else None, missing, thresholds)


def columns(width: int) -> ServiceColumns:
    """Name and serving first; the region from 76 cells on, a wider serving column from 88, the author from 96."""
    region = _REGION if width >= 76 else 0
    who = _WHO if width >= 96 else 0
    wider = _WIDER_SERVING if width >= 88 else 0
    return ServiceColumns(max(8, width - _FIXED - region - who - wider), 13 + wider, region, who)


def heading(widths: ServiceColumns) -> Line:
    cells = ["    ", left("NAME", widths.name), " ", left("SERVING", widths.serving)]
    cells += [right("RPS", 6), right("5xx", 7), right("p95", 6), right("AGE", 5)]
    if widths.region:
        cells.append("  " + left("REGION", widths.region - 2))
    if widths.who:
        cells.append("  " + left("BY", widths.who - 2))
    return (Span("".join(cells), "dim"),)


def service_row(
    service: Service,
    health: Health,
    figures: ServiceFigures,
    now: datetime,
    widths: ServiceColumns,
    *,
    marked: bool = False,
    ambiguous: bool = False,
) -> Line:
    """One service: mark, health, name, serving revision, figures, age of the last change; region and author if wide.

    An ambiguous name is followed by its region where that has no column.
    """
    mark = words.MARKS[health]
    name = "strong" if mark.style == "bad" else ""
    row = [
        Span(" ▪" if marked else "  ", "accent"),
        Span(mark.glyph, mark.style),
        Span(" "),
        *_name(service.key, widths, name, ambiguous and not widths.region),
        Span(" "),
        *serving_cells(service, widths.serving),
        *_figures(figures),
        Span(right(words.since(service.updated_at, now), 5), "dim"),
    ]
    if widths.region:
        row.append(Span("  " + left(service.key.region, widths.region - 2), "dim"))
    if widths.who:
        row.append(Span("  " + left(service.updated_by or words.ABSENT, widths.who - 2), "dim"))
    return tuple(row)


def unread_rows(place: Unreachable, width: int) -> list[Line]:
    """A place that could not be read, with the reason; further lines are indented below it."""
    head = f"  ? {place.place} "
    first, *more = wrap(place.sentence, max(10, width - len(head) - 1))
    return [
        line(Span(head, "warn"), Span(first, "dim")),
        *(line(Span(" " * len(head) + part, "dim")) for part in more),
    ]


def _name(key: ServiceKey, widths: ServiceColumns, style: str, with_region: bool) -> Line:
    if not with_region:
        return (Span(left(key.name, widths.name), style),)
    name = clip(key.name, max(4, widths.name - 5))
    return fit((Span(name, style), Span(f" {key.region}", "dim")), widths.name)


def _figures(figures: ServiceFigures) -> Line:
    cells = (figures.rps(), 6), (figures.errors(), 7), (figures.p95(), 6)
    return tuple(Span(right(span.text, size), span.style) for span, size in cells)


def serving_cells(service: Service, width: int) -> Line:
    """The serving revision, or the largest share and the number of others; PIN if the service is pinned."""
    style = "" if service.serving else "bad"
    if not service.pinned:
        return (Span(left(serving_words(service, width), width), style),)
    return (Span(left(serving_words(service, width - 4), width - 4), style), Span(" PIN", "warn-strong"))


def serving_words(service: Service, width: int) -> str:
    """`00042`; of a split the largest share, and the number of other revisions if it fits."""
    shares = service.serving
    if not shares:
        return "none"
    first = short_revision(service.key.name, shares[0].revision)
    if len(shares) == 1:
        return first
    whole = f"{first} {shares[0].percent}% +{len(shares) - 1}"
    return whole if len(whole) <= width else f"{first} {shares[0].percent}%"
