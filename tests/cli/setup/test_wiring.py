"""The configuration that is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfconsole.cli.options import GlobalOptions
from cfconsole.cli.setup.wiring import read_config
from cfconsole.config import Config


def test_the_configuration_in_its_usual_place_is_read_and_an_absent_one_means_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert read_config(GlobalOptions()) == Config()
    (tmp_path / "cfconsole").mkdir()
    (tmp_path / "cfconsole" / "config.toml").write_text("[logs]\nentries = 2000\n")
    assert read_config(GlobalOptions()).logs.entries == 2000
