"""How services and revisions read in documents and tables."""

from __future__ import annotations

from cfconsole.cli.output.service_rows import revision_line, revision_row, service_line, service_row, split_lines
from cfconsole.domain.health.alerts import Thresholds
from tests.builders import full, metrics, numbers, pinned_service, revision, service, share, target


def test_a_service_with_errors_is_told_with_its_numbers() -> None:
    row = service_row(service(), metrics(numbers(1000, 124, 3400.0)), Thresholds(), 1.23456)
    assert (row["state"], row["error_rate"], row["p95_ms"]) == ("erroring", 0.124, 3400.0)
    assert row["deployed_at"] == "2026-05-04T10:00:00.000Z"
    assert row["data_age_s"] == 1.235
    line = service_line(row)
    assert (line["serving"], line["error_rate"], line["p95_ms"]) == ("00042", "12.4 %", "3400 ms")


def test_absent_numbers_are_null_and_not_called_unreadable() -> None:
    row = service_row(service(), None, Thresholds(), 0.0)
    assert row["rps"] is row["instances"] is None
    assert row["unreadable"] == []


def test_unread_numbers_are_named() -> None:
    row = service_row(service(), None, Thresholds(), 0.0, numbers_read=False)
    assert row["unreadable"] == ["rps", "error_rate", "p95_ms", "instances"]
    assert revision_row(revision(), service(), None, numbers_read=False)["unreadable"] == ["error_rate", "p95_ms"]


def test_pinned_shows_beside_a_worse_state() -> None:
    row = service_row(pinned_service(), metrics(numbers(1000, 200)), Thresholds(), 0.0)
    assert row["pinned"] is True
    assert service_line(row)["state"] == "erroring PINNED"


def test_a_service_managed_by_functions_is_one_even_if_functions_can_not_be_read() -> None:
    labelled = service(labels=(("goog-managed-by", "cloudfunctions"),))
    assert service_row(labelled, None, Thresholds(), 0.0)["kind"] == "function"


def test_latest_has_a_word_in_splits() -> None:
    lines = split_lines((target("", 100), target("00041", 0, "old")))
    assert [line["revision"] for line in lines] == ["LATEST", full("00041")]
    assert [line["tag"] for line in lines] == [None, "old"]


def test_a_revision_gets_the_sum_of_its_lines_and_all_its_tags() -> None:
    split = service(effective=(share("00042", 60), share("00042", 30, "blue"), share("00041", 10)))
    row = revision_row(revision("00042"), split, metrics(revisions={"00042": numbers(100, 1)}))
    assert (row["percent"], row["tags"], row["error_rate"]) == (90, ["blue"], 0.01)
    assert row["limits"] == {"cpu": "1", "memory": "512Mi"}
    assert revision_line(row)["percent"] == "90 %"
