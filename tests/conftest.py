"""What every test of the suite stands on."""

from __future__ import annotations

import os
import signal

import pytest

# gRPC writes its notes to stderr unless it is told before the first import.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# Tests start programs with code of theirs between fork and exec; that of gRPC aborts there now and then.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# A suite that was started in the background, or that outlives its terminal, has these ignored, and so would every
# program that it starts.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: a worker that began a story last would keep the others waiting."""
    items.sort(key=lambda item: "terminal" not in item.path.parts)
