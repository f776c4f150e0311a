"""Commands run in process, as `cfconsole` runs them, against a shop in a process of its own."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cfconsole.cli import main as entry
from cfconsole.emulator.scenarios.shop import HOME, PROJECT
from tests.cli.runners import runners

HOME_VARIABLES = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)

    @property
    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.document["rows"]
        return rows


class Shop(NamedTuple):
    """Where the emulator listens."""

    grpc: str
    http: str

    def service(self, name: str, region: str = HOME) -> dict[str, Any]:
        """The service as the emulator's world has it."""
        rows = self._call("/admin/world")["services"]
        (row,) = (row for row in rows if (row["region"], row["name"]) == (region, name))
        return dict(row)

    def serving(self, name: str, region: str = HOME) -> dict[str, int]:
        """Percents by the number of the revision."""
        shares = self.service(name, region)["effective"]
        return {share["revision"].split("-")[1]: share["percent"] for share in shares if share["percent"]}

    def fault(self, **fault: Any) -> None:
        self._call("/admin/faults", json.dumps(fault).encode())

    def clear_faults(self) -> None:
        self._call("/admin/faults", method="DELETE")

    def _call(self, path: str, body: bytes | None = None, method: str | None = None) -> Any:
        request = urllib.request.Request(f"http://{self.http}{path}", body, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)


class Console(NamedTuple):
    """A home of its own, and the shop that commands work on."""

    shop: Shop
    home: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Ran:
        self.monkeypatch.setattr(sys, "argv", ["cfconsole", *arguments])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            entry.main()
        gc.enable()
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return Ran(int(ended.value.code or 0), out, err)

    def json(self, *arguments: str) -> Ran:
        return self.run(*arguments, "--format", "json")

    def configure(self, text: str) -> None:
        folder = self.home / ".config" / "cfconsole"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(text)


@pytest.fixture(scope="session")
def served_shop() -> Iterator[Shop]:
    command = [sys.executable, "-m", "tests.cli.emulated_shop"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Shop(*process.stdout.readline().split())
        process.communicate(timeout=10)


@pytest.fixture
def shop(served_shop: Shop) -> Iterator[Shop]:
    """The shop, without the faults of the test before."""
    yield served_shop
    served_shop.clear_faults()


@pytest.fixture
def console(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Console]:
    for variable in HOME_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USER", "casey")
    monkeypatch.setenv("CFCONSOLE_EMULATOR_HOST", shop.grpc)
    monkeypatch.setenv("CFCONSOLE_EMULATOR_HTTP", shop.http)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
    monkeypatch.setenv("GRPC_VERBOSITY", "NONE")
    yield Console(shop, tmp_path, monkeypatch, capsys)
    for pid in runners(tmp_path):
        os.kill(pid, signal.SIGKILL)
