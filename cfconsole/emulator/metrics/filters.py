"""The Cloud Monitoring filter language: a metric type and a predicate over its series."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, assert_never

from cfconsole.emulator.logs.syntax import And, Call, Comparison, FilterError, Node, Not, Or, Search, Text, parse
from cfconsole.emulator.metrics.catalog import CATALOG, RESOURCE_LABELS, RESOURCE_TYPE, MetricType


class Labels(NamedTuple):
    """The labels that identify a series."""

    metric: Mapping[str, str]
    resource: Mapping[str, str]


SeriesPredicate: TypeAlias = Callable[[Labels], bool]


@dataclass(frozen=True, slots=True)
class SeriesFilter:
    """A compiled filter: the matching series of one metric type."""

    metric: MetricType
    matches: SeriesPredicate


def compile_series_filter(text: str) -> SeriesFilter:
    """Compiles a filter of `ListTimeSeries` or an alert condition. Raises `FilterError`."""
    tree = parse(text)
    metric = _metric_type(tree)
    if tree is None or metric is None:
        raise FilterError(
            'The filter must name one metric type, as in metric.type = "run.googleapis.com/request_count".'
        )
    found = CATALOG.get(metric)
    if found is None:
        raise FilterError(f'Cannot find metric(s) that match type = "{metric}"; known are {", ".join(CATALOG)}.')
    return SeriesFilter(found, _compile(tree, found))


def _metric_type(node: Node | None) -> str | None:
    match node:
        case Comparison(("metric", "type"), "=", Text(value)):
            return value
        case And(terms):
            return next((found for term in terms if (found := _metric_type(term))), None)
        case _:
            return None


def _compile(node: Node, metric: MetricType) -> SeriesPredicate:
    match node:
        case Comparison():
            return _comparison(node, metric)
        case Not(term):
            inner = _compile(term, metric)
            return lambda labels: not inner(labels)
        case And(terms):
            every = [_compile(term, metric) for term in terms]
            return lambda labels: all(one(labels) for one in every)
        case Or(terms):
            some = [_compile(term, metric) for term in terms]
            return lambda labels: any(one(labels) for one in some)
        case Search(text):
            raise FilterError(f"Unparseable filter: the value {text.value!r} has no field.")
        case Call(name):
            raise FilterError(f"Unparseable filter: {name}() must follow a field and '='.")
        case _:
            assert_never(node)


def _comparison(comparison: Comparison, metric: MetricType) -> SeriesPredicate:
    read = label_reader(".".join(comparison.path), metric)
    test = _test(comparison)
    if comparison.operator == "!=":
        return lambda labels: not test(read(labels))
    if comparison.operator not in ("=", ":"):
        raise FilterError(f"Unparseable filter: labels cannot be compared with '{comparison.operator}'.")
    return lambda labels: test(read(labels))


def label_reader(path: str, metric: MetricType) -> Callable[[Labels], str]:
    """A reader for a path such as `resource.labels.service_name` or `metric.label.state`. Raises `FilterError`."""
    match path.split("."):
        case ["metric", "type"]:
            return lambda labels: metric.type
        case ["resource", "type"]:
            return lambda labels: RESOURCE_TYPE
        case ["project"]:
            return lambda labels: labels.resource.get("project_id", "")
        case ["resource", "label" | "labels", name] if name in RESOURCE_LABELS:
            return lambda labels: labels.resource.get(name, "")
        case ["metric", "label" | "labels", name] if name in metric.labels:
            return lambda labels: labels.metric.get(name, "")
        case _:
            known = [f"metric.labels.{name}" for name in metric.labels]
            known += [f"resource.labels.{name}" for name in RESOURCE_LABELS]
            raise FilterError(f"Field not found: '{path}'. {metric.type} has {', '.join(known)}.")


def _test(comparison: Comparison) -> Callable[[str], bool]:
    match comparison.value:
        case Text(value) if comparison.operator == ":":
            return lambda label: value in label
        case Text(value):
            return lambda label: label == value
        case Call(name, arguments):
            return _function(name, [argument.value for argument in arguments])
        case _:
            assert_never(comparison.value)


def _function(name: str, arguments: list[str]) -> Callable[[str], bool]:
    match name, arguments:
        case "one_of", [_, *_]:
            return lambda label: label in arguments
        case "starts_with", [start]:
            return lambda label: label.startswith(start)
        case "ends_with", [end]:
            return lambda label: label.endswith(end)
        case "has_substring", [part]:
            return lambda label: part in label
        case "monitoring.regex.full_match", [pattern]:
            return _full_match(pattern)
        case _:
            raise FilterError(f"Unparseable filter: {name}() with {len(arguments)} arguments is not known.")


def _full_match(pattern: str) -> Callable[[str], bool]:
    try:
        matches = re.compile(pattern).fullmatch
    except re.error as error:
        raise FilterError(f"Unparseable filter: {pattern!r} is not a regular expression: {error}.") from None
    return lambda label: matches(label) is not None
