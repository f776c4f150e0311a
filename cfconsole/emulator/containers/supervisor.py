"""Script that runs one command and kills it, with everything it started, when the emulator ends.

Its standard input is a pipe from the emulator, which the system closes however the emulator ends. The script runs
without site-packages and imports only the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_REMOVALS = 50
_BETWEEN_REMOVALS_S = 0.02


def main(folder: str, command: list[str]) -> None:
    """Runs `command` in a process group of its own until it ends or the pipe is closed, then removes `folder`.

    SIGTERM is passed on to the group, which may take its time to end.
    """
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_die_with_supervisor)
    signal.signal(signal.SIGTERM, lambda *_: _signal(child, signal.SIGTERM))
    threading.Thread(target=_kill_with_emulator, args=(child,), daemon=True).start()
    child.wait()
    _signal(child, signal.SIGKILL)
    _remove(folder)


def _kill_with_emulator(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    _signal(child, signal.SIGKILL)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group may have ended already; some systems refuse permission if only zombies are left in it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _remove(folder: str) -> None:
    """Removes the folder, with retries: killed processes may still write a file while it is being emptied."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
        time.sleep(_BETWEEN_REMOVALS_S)


def _die_with_supervisor() -> None:
    """On Linux, kills the command even if this script is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
