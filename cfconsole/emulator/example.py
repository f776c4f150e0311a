"""The function that ships with the emulator, so that a person can deploy something from source at once."""

from __future__ import annotations

from pathlib import Path

EXAMPLE_FUNCTION = Path(__file__).with_name("example_function")
"""Its source folder."""
EXAMPLE_ENTRY_POINT = "greet"
EXAMPLE_RUNTIME = "python311"
