"""The function that ships with the emulator, as a source to deploy."""

from __future__ import annotations

from pathlib import Path

import cfconsole.emulator

EXAMPLE_FUNCTION = Path(cfconsole.emulator.__file__).with_name("example_function")
"""Its source folder."""
EXAMPLE_ENTRY_POINT = "greet"
