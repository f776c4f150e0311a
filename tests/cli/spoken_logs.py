"""Writes log entries of the shop's services by Google's own client, and runs the program that prints them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport
from google.cloud.logging_v2.types import LogEntry

from cfconsole.emulator.scenarios.shop import HOME, PROJECT
from tests.cli.conftest import Shop


class Speaker:
    """The services of the shop say what a test wants."""

    def __init__(self, client: LoggingServiceV2Client) -> None:
        self._client = client

    def say(self, service: str, *texts: str, region: str = HOME, severity: str = "INFO", **fields: Any) -> None:
        labels = {"service_name": service, "location": region, "revision_name": f"{service}-00001"}
        for text in texts:
            payload = fields or {"text_payload": text}
            entry = LogEntry(resource={"type": "cloud_run_revision", "labels": labels}, severity=severity, **payload)
            log = f"projects/{PROJECT}/logs/run.googleapis.com%2Fstdout"
            self._client.write_log_entries(log_name=log, entries=[entry])


@contextlib.contextmanager
def speaker(shop: Shop) -> Iterator[Speaker]:
    with grpc.insecure_channel(shop.grpc) as channel:
        yield Speaker(LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel)))


@contextlib.contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The program with pipes behind its output, in the environment of the test; it is ended with the block."""
    with heeding_interrupts():
        process = subprocess.Popen(
            [sys.executable, "-m", "cfconsole", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Buffered, as it runs for others: an unbuffered stream gives up a write that a signal interrupts.
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Children started meanwhile heed ctrl-c: whoever runs the tests in the background has it ignored for all of them.

    Not done in the child: code that runs there between fork and exec may meet gRPC's threads and abort.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines up to the one that holds a text; the time limit of the test bounds the wait."""
    assert process.stdout is not None
    lines: list[str] = []
    while not (lines and text in lines[-1]):
        line = process.stdout.readline()
        assert line, f"the program ended before it printed {text!r}: {lines}"
        lines.append(line.rstrip("\n"))
    return lines
