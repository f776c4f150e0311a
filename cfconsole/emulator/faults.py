"""Injected faults of calls: failing methods, latency, lost regions, denied permissions, broken tail streams."""

from __future__ import annotations

import asyncio
import itertools
from fnmatch import fnmatchcase

import grpc
from msgspec import Struct

EXPIRED_CREDENTIALS = (
    "Getting metadata from plugin failed with error: Reauthentication is needed. "
    "Please run `gcloud auth application-default login` to reauthenticate."
)


class Fault(Struct):
    """A fault of the calls that match `method` and, if set, `region`."""

    method: str = "*"
    """A pattern for full names such as `google.cloud.run.v2.Services/ListServices` or for bare method names."""
    region: str = ""
    status: str = ""
    """The gRPC status to answer with; empty lets the call through after `latency_ms`."""
    message: str = ""
    latency_ms: float = 0.0
    times: int = 0
    """The number of calls it applies to; 0 means all calls until it is removed."""
    after: int = 0
    """The number of matching calls it lets through first."""
    permission: str = ""
    """The missing permission this fault stands for, if any."""
    applied: bool = False
    """Whether the call takes effect although its answer is `status`, as when an answer is lost."""

    def matches(self, method: str, region: str) -> bool:
        matches = fnmatchcase(method, self.method) or fnmatchcase(method.rpartition("/")[2], self.method)
        return matches and self.region in ("", region)


class FaultEffect(Struct, frozen=True):
    """The combined effect of the faults on one call: a delay and perhaps an error."""

    latency_ms: float
    code: grpc.StatusCode | None
    message: str
    applied: bool = False


class Faults:
    """The active faults of one emulator, applied to every call and to open tail streams."""

    def __init__(self, latency_ms: float = 0.0) -> None:
        self.latency_ms = latency_ms
        self.tail_silent = False
        """While True, open tail streams stay open and deliver nothing."""
        self._ids = itertools.count(1)
        self._active: dict[str, Fault] = {}
        self._cut: asyncio.Event = asyncio.Event()
        self._cut_code = grpc.StatusCode.UNAVAILABLE
        self._mutings = 0

    @property
    def active(self) -> dict[str, Fault]:
        """The active faults by id."""
        return dict(self._active)

    def add(self, fault: Fault) -> str:
        """Activates a fault and returns its id. Raises `ValueError` for an unknown gRPC status."""
        if fault.status:
            status_code(fault.status)
        fault_id = f"fault-{next(self._ids)}"
        self._active[fault_id] = fault
        return fault_id

    def remove(self, fault_id: str) -> bool:
        """Removes one fault; False if there is none with this id."""
        return self._active.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Removes all faults, including latency and silent tails."""
        self._active.clear()
        self.latency_ms = 0.0
        self.tail_silent = False

    def lose_region(self, region: str) -> str:
        """Makes every call about `region` fail as if the region were unreachable."""
        return self.add(Fault(region=region, status="UNAVAILABLE", message=f"The region {region} is unreachable."))

    def deny(self, method: str, permission: str, after: int = 0) -> str:
        """Makes `method` fail as for a caller without `permission`, after letting `after` calls through."""
        message = f"Permission '{permission}' denied on resource (or it may not exist)."
        status = "PERMISSION_DENIED"
        return self.add(Fault(method=method, status=status, message=message, after=after, permission=permission))

    def denied_permissions(self) -> frozenset[str]:
        """The permissions the caller lacks now."""
        return frozenset(f.permission for f in self._active.values() if f.permission and not f.after)

    def lose_answer(self, method: str, times: int = 1) -> str:
        """Makes `method` time out although it takes effect."""
        message = "Deadline Exceeded"
        return self.add(Fault(method=method, status="DEADLINE_EXCEEDED", message=message, times=times, applied=True))

    def expire_credentials(self) -> str:
        """Makes every call fail as with expired application default credentials."""
        return self.add(Fault(status="UNAVAILABLE", message=EXPIRED_CREDENTIALS))

    def lost_regions(self) -> frozenset[str]:
        """Regions for which every call fails; listings over all regions report them as unreachable."""
        return frozenset(f.region for f in self._active.values() if f.region and f.method == "*" and f.status)

    def apply(self, method: str, region: str) -> FaultEffect:
        """The effect on this call, which is counted against faults limited to a number of calls."""
        latency = self.latency_ms
        for fault_id, fault in list(self._active.items()):
            if not fault.matches(method, region):
                continue
            if fault.after:
                fault.after -= 1
                continue
            self._count_down(fault_id, fault)
            latency += fault.latency_ms
            if fault.status:
                message = fault.message or f"Injected {fault.status}."
                return FaultEffect(latency, status_code(fault.status), message, fault.applied)
        return FaultEffect(latency, None, "")

    def cut_tails(self, status: str = "UNAVAILABLE") -> None:
        """Ends every open tail stream, by default like a lost connection.

        Raises `ValueError` for an unknown gRPC status.
        """
        self._cut_code = status_code(status)
        self._cut.set()
        self._cut = asyncio.Event()

    async def wait_for_cut(self) -> grpc.StatusCode:
        """Waits for the next `cut_tails` and returns its status; a stream races this against its own work."""
        await self._cut.wait()
        return self._cut_code

    @property
    def tail_mutings(self) -> int:
        """How many times streams have been muted; a stream opened before the latest time delivers nothing."""
        return self._mutings

    def mute_tails(self) -> None:
        """Makes every open tail stream half-open for good: it neither ends nor delivers anything."""
        self._mutings += 1

    def _count_down(self, fault_id: str, fault: Fault) -> None:
        if fault.times:
            fault.times -= 1
            if fault.times == 0:
                del self._active[fault_id]


def status_code(name: str) -> grpc.StatusCode:
    """The gRPC status of this name. Raises `ValueError` with the known names."""
    try:
        return grpc.StatusCode[name.upper()]
    except KeyError:
        known = ", ".join(code.name for code in grpc.StatusCode)
        raise ValueError(f"{name!r} is not a gRPC status; use one of {known}.") from None
