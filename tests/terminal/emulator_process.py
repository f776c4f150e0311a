"""An emulator in a process of its own: tests can read and change its world, kill it and replace it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from cfconsole.cli.console.demo_emulator import STOP_WITHIN_S


class EmulatorProcess:
    """`cfconsole emulator` on free ports, with metrics that are a second old."""

    def __init__(self, scenario: str = "calm", *, grpc_port: int = 0, http_port: int = 0) -> None:
        words = ["--scenario", scenario, "--port", str(grpc_port), "--http-port", str(http_port)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cfconsole", "emulator", *words, "--sample-period", "1", "--ingest-delay", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline().split()
        assert ready[:1] == ["READY"], "the emulator does not serve"
        self.grpc = ready[1].removeprefix("grpc=")
        self.http = ready[2].removeprefix("http=")
        self._client = httpx.Client(base_url=f"http://{self.http}", trust_env=False, timeout=10)

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def environment(self) -> Mapping[str, str]:
        """The options that connect a program to this emulator."""
        return {"CFCONSOLE_EMULATOR_HOST": self.grpc, "CFCONSOLE_EMULATOR_HTTP": self.http}

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def successor(self) -> EmulatorProcess:
        """A new emulator on the same ports."""
        grpc_port, http_port = (int(address.rpartition(":")[2]) for address in (self.grpc, self.http))
        return EmulatorProcess(grpc_port=grpc_port, http_port=http_port)

    def service(self, name: str) -> dict[str, Any]:
        """A service of the emulator's world."""
        return next(row for row in self._world()["services"] if row["name"] == name)

    def tail_sessions(self) -> int:
        """The number of open tail streams."""
        return int(self._world()["tail_sessions"])

    def serving(self, name: str) -> dict[str, int]:
        """The effective split."""
        return {share["revision"]: share["percent"] for share in self.service(name)["effective"]}

    def deploy(self, name: str, image_tag: str) -> str:
        """Deploys as the pipeline does. Returns the name of the new revision."""
        return str(self._tell("/admin/deploy", {"service": name, "image_tag": image_tag})["revision"])

    def fault(self, **fields: object) -> None:
        """Injects a fault of this kind."""
        self._tell("/admin/faults", fields)

    def mend(self) -> None:
        """Removes all faults."""
        self._client.delete("/admin/faults").raise_for_status()

    def _world(self) -> dict[str, Any]:
        world: dict[str, Any] = self._client.get("/admin/world").raise_for_status().json()
        return world

    def _tell(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = self._client.post(path, content=json.dumps(dict(body)))
        assert answer.is_success, answer.text
        result: dict[str, Any] = answer.json()
        return result
