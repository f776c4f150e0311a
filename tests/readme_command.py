"""Prints a command of the README for the gate to run: `python -m tests.readme_command test`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
MARKS = {"demo": "cfconsole demo", "test": "-m pytest"}


def readme_command(name: str) -> str:
    """The line in the README's shell blocks that creates the environment and then runs `name`."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if "-m venv" in line and MARKS[name] in line]
    if len(lines) != 1:
        raise SystemExit(f"The README has {len(lines)} lines that make an environment and run {MARKS[name]!r}.")
    return lines[0]


if __name__ == "__main__":
    sys.stdout.write(readme_command(sys.argv[1]) + "\n")
