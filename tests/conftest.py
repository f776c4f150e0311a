"""Settings for all tests."""

from __future__ import annotations

import os
import signal

import pytest

# gRPC logs to stderr unless this is set before the first import.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# Tests start programs with a `preexec_fn`; gRPC's fork handlers sometimes abort there.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
# Under nohup or in the background these signals are ignored, and would be in every program the tests start.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the slow tests first, so that no worker begins a slow one last."""
    items.sort(key=lambda item: "terminal" not in item.path.parts)
