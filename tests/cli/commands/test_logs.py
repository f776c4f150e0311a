"""`cfconsole logs` on a served shop: what it prints, what it refuses, and how it follows and ends."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import termios
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from typing import IO, Any

import pytest

from cfconsole.cli.exits import Exit
from cfconsole.cli.output.log_printer import LogPrinter, reader_gone
from cfconsole.domain.errors import CloudError, ErrorKind
from cfconsole.domain.logs.entries import Severity
from cfconsole.domain.logs.rows import Row
from cfconsole.domain.text import Scrubber
from cfconsole.emulator.scenarios.shop import EUROPE, HOME, PROJECT
from cfconsole.gcp.connection.clients import emulator_clients
from cfconsole.gcp.connection.options import UNLIMITED
from cfconsole.gcp.logs.cloud_logs import CloudLogs
from tests.cli.conftest import Console, Ran
from tests.cli.spoken_logs import Speaker, read_until, running, speaker
from tests.domain.logs.log_rows import entry, gap

FIELDS = "timestamp severity project region service revision message trace insert_id log labels payload"


@pytest.fixture
def spoken(console: Console) -> Iterator[Speaker]:
    with speaker(console.shop) as spoken:
        yield spoken


def unread_bytes(pipe: IO[str]) -> int:
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))
    return int(count)


def json_lines(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_json_is_one_entry_a_line_oldest_first_with_every_field_of_the_contract(console: Console) -> None:
    ran = console.json("logs", "orders", "--limit", "20")
    assert ran.code == Exit.DONE
    gap_row, *rows = json_lines(ran)
    assert gap_row["gap"] == "not-read"
    assert gap_row["at_least"] >= 1
    assert len(rows) == 20
    assert all(set(FIELDS.split()) <= set(row) for row in rows)
    assert {row["service"] for row in rows} == {"orders"}
    moments = [row["timestamp"] for row in rows]
    assert moments == sorted(moments)
    assert "--limit" in ran.stderr


def test_services_of_several_regions_are_merged_and_named(console: Console, spoken: Speaker) -> None:
    spoken.say("single", "merge-me 1")
    spoken.say("twin", "merge-me 2", region=EUROPE)
    spoken.say("single", "merge-me 3")
    ran = console.run("logs", "single", f"{EUROPE}/twin", "--grep", "merge-me")
    assert ran.code == Exit.DONE
    assert [line.split()[2:] for line in ran.stdout.splitlines()] == [
        ["single", "00001", "merge-me", "1"],
        ["twin", "00001", "merge-me", "2"],
        ["single", "00001", "merge-me", "3"],
    ]


def test_lines_of_a_message_are_indented_and_nothing_raw_reaches_the_terminal(
    console: Console, spoken: Speaker
) -> None:
    spoken.say("single", "hostile \x1b]0;title\x07 \x1b[2J\u202e end\n  at line 2\r\x9b31m")
    spoken.say("single", "", json_payload={"message": "hostile json \x1b[2J", "more": "\x1b]52;c;x\x07"})
    for arguments in (("--format", "text"), ("--format", "json")):
        ran = console.run("logs", "single", "--grep", "hostile", *arguments)
        assert ran.code == Exit.DONE
        assert not [letter for letter in ran.stdout if letter != "\n" and not letter.isprintable()]
        assert "\\u001b" not in ran.stdout
    text = console.run("logs", "single", "--grep", "hostile").stdout
    assert "\n      at line 2" in text


def test_severity_bounds_request_logs_too(console: Console, spoken: Speaker) -> None:
    spoken.say("single", "grave words", severity="ERROR")
    rows = json_lines(console.json("logs", "single", "--severity", "error"))
    assert "grave words" in {row["message"] for row in rows}
    assert {row["severity"] for row in rows} == {"ERROR"}


def test_a_filter_of_logging_narrows_and_stays_within_the_service(console: Console, spoken: Speaker) -> None:
    spoken.say("single", "needle in hay")
    expression = 'textPayload:"needle in hay"'
    rows = json_lines(console.json("logs", "single", "--filter", expression, "--severity", "INFO"))
    assert {row["service"] for row in rows} == {"single"}
    ran = console.run("logs", "single", "--filter", f"{expression}) OR (severity>=DEFAULT -- so")
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert "has no opening one" in ran.stderr
    assert [
        row["message"] for row in json_lines(console.json("logs", "single", "--filter", 'textPayload:"needle"'))
    ] == ["needle in hay"]


def test_nothing_found_is_said(console: Console) -> None:
    ran = console.run("logs", "single", "--grep", "no such words anywhere")
    assert (ran.code, ran.stdout) == (Exit.DONE, "")
    assert "No matching entries" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--since", "yesterday"), "--since"),
        (("--severity", "LOUD"), "ERROR"),
        (("--grep", "("), "--grep"),
        (("--filter", "severity>="), "--filter"),
        (("--filter", "x" * 20_000), "characters"),
        (("--filter", "(("), "2 ( are not closed"),
        (("--limit", "0"), "--limit"),
        (("--limit", "many"), "--limit"),
        (("--limit", "1000000000000"), "--limit"),
    ],
)
def test_what_can_not_be_used_is_one_sentence(console: Console, arguments: tuple[str, ...], named: str) -> None:
    ran = console.run("logs", "single", *arguments)
    assert (ran.code, ran.stdout) == (Exit.USAGE, "")
    assert named in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_an_ambiguous_name_is_refused_with_its_candidates(console: Console) -> None:
    ran = console.run("logs", "twin")
    assert (ran.code, ran.stdout) == (Exit.REFUSED, "")
    assert f"{EUROPE}/twin, {HOME}/twin" in ran.stderr


def test_a_log_that_can_not_be_read_fails_with_the_permission(console: Console) -> None:
    console.shop.fault(kind="denied", method="ListLogEntries", permission="logging.logEntries.list")
    ran = console.run("logs", "single")
    assert ran.code == Exit.FAILED
    assert "logging.logEntries.list" in ran.stderr
    console.shop.clear_faults()
    console.shop.fault(kind="expired-credentials")
    assert console.run("logs", "single").code == Exit.CREDENTIALS


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_following_goes_on_until_it_is_told_to_end(
    console: Console, spoken: Speaker, number: signal.Signals, code: int
) -> None:
    marker = f"follow {number.name}"
    spoken.say("single", f"{marker} past")
    with running("logs", "single", "--follow", "--grep", marker, "--format", "json") as process:
        read_until(process, f"{marker} past")
        spoken.say("single", f"{marker} one", f"{marker} two")
        lines = read_until(process, f"{marker} two")
        process.send_signal(number)
        rest, messages = process.communicate()
        assert process.returncode == code
    assert [json.loads(line)["message"] for line in lines] == [f"{marker} one", f"{marker} two"]
    assert rest == ""
    assert "Traceback" not in messages


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_reader_that_does_not_read_keeps_no_signal_from_it(
    console: Console, number: signal.Signals, code: int
) -> None:
    with running("logs", "orders", "--follow", "--limit", "1000", "--format", "json") as process:
        assert process.stdout is not None
        room = fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        while unread_bytes(process.stdout) < room:
            os.sched_yield()
        process.send_signal(number)
        assert process.wait() == code
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_following_survives_a_cut_stream(console: Console, spoken: Speaker) -> None:
    with running("logs", "single", "--follow", "--grep", "cut-stream") as process:
        spoken.say("single", "cut-stream 1")
        read_until(process, "cut-stream 1")
        console.shop.fault(kind="cut-tails")
        spoken.say("single", "cut-stream 2")
        assert len(read_until(process, "cut-stream 2")) == 1


def test_without_a_tail_it_polls_and_says_so(console: Console) -> None:
    console.shop.fault(kind="fault", method="TailLogEntries", status="UNIMPLEMENTED")
    with running("logs", "single", "--follow", "--grep", "no such words anywhere") as process:
        assert process.stderr is not None
        assert "No matching entries" in process.stderr.readline()
        assert "polling" in process.stderr.readline()
        process.terminate()


async def test_a_tail_that_is_refused_before_it_was_asked_for_still_says_why(console: Console) -> None:
    console.shop.fault(kind="fault", method="TailLogEntries", status="UNIMPLEMENTED")
    async with aclosing(emulator_clients(console.shop.grpc)) as clients:
        logs = CloudLogs(clients, UNLIMITED, Scrubber())
        # The refusal overtakes the request in a few of a hundred sessions; what is left of them is tried again later.
        kinds = Counter([await refusal(logs) for _ in range(100)])
    assert kinds[ErrorKind.UNSUPPORTED] >= 80, kinds


async def refusal(logs: CloudLogs) -> ErrorKind:
    with pytest.raises(CloudError) as raised:
        async with logs.tail(PROJECT, "") as batches:
            await anext(batches)
    return raised.value.kind


@pytest.mark.parametrize("follow", [(), ("--follow",)])
def test_a_reader_that_leaves_ends_it_quietly(console: Console, follow: tuple[str, ...]) -> None:
    with running("logs", "orders", *follow) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait() == Exit.DONE, said
        assert "Traceback" not in said


def test_an_unread_pipe_is_noticed_while_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    monkeypatch.setattr("cfconsole.cli.output.log_printer.STDOUT", write_end)
    assert not reader_gone()
    os.close(read_end)
    assert reader_gone()
    os.close(write_end)


def test_only_a_terminal_gets_colour_and_the_words_stay(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[Row] = [entry(1, severity=Severity.ERROR), entry(2, severity=Severity.CRITICAL), entry(3), gap(20)]
    LogPrinter(json=False, colour=True).write(rows)
    error, critical, normal, missing = capsys.readouterr().out.splitlines()
    assert "\x1b[31mERROR\x1b[0m" in error
    assert "\x1b[31m\x1b[1mCRITICAL\x1b[0m" in critical
    assert "INFO" in normal
    assert missing.startswith("\x1b[33m")
    LogPrinter(json=False).write(rows)
    assert "\x1b" not in capsys.readouterr().out


def test_a_search_that_gives_up_says_where_it_stopped(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cfconsole.session.logs.reader.SEARCHED_PAGES", 1)
    monkeypatch.setattr("cfconsole.session.logs.reader.PAGE", 5)
    ran = console.run("logs", "orders", "--grep", "no such words anywhere", "--limit", "10")
    assert (ran.code, ran.stdout) == (Exit.DONE, "")
    assert "were not searched; narrow" in ran.stderr
