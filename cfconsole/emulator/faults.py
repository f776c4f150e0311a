"""The faults that are switched on: failing methods, latency, lost regions, denied permissions, sick tails."""

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
    """One fault. It strikes calls that match both `method` and, if given, `region`."""

    method: str = "*"
    """A pattern over `google.cloud.run.v2.Services/ListServices`; a bare method name will do."""
    region: str = ""
    status: str = ""
    """Name of the gRPC status to answer with; empty lets the call through (after `latency_ms`)."""
    message: str = ""
    latency_ms: float = 0.0
    times: int = 0
    """How many calls it strikes before it is spent; 0 means every call until it is removed."""
    after: int = 0
    """How many matching calls it lets through before it strikes the first."""
    permission: str = ""
    """The permission whose lack this is, if it is one."""
    applied: bool = False
    """Whether the call is carried out before its answer is lost; such a call is answered with `status` too."""

    def matches(self, method: str, region: str) -> bool:
        matches = fnmatchcase(method, self.method) or fnmatchcase(method.rpartition("/")[2], self.method)
        return matches and self.region in ("", region)


class FaultEffect(Struct, frozen=True):
    """What the faults do to one call: wait, then perhaps answer with an error."""

    latency_ms: float
    code: grpc.StatusCode | None
    message: str
    applied: bool = False


class Faults:
    """All faults of one emulator, consulted before every call and by open tail streams."""

    def __init__(self, latency_ms: float = 0.0) -> None:
        self.latency_ms = latency_ms
        self.tail_silent = False
        """Open tail streams stay open and deliver nothing while this holds."""
        self._ids = itertools.count(1)
        self._active: dict[str, Fault] = {}
        self._cut: asyncio.Event = asyncio.Event()
        self._cut_code = grpc.StatusCode.UNAVAILABLE
        self._mutings = 0

    @property
    def active(self) -> dict[str, Fault]:
        """The faults that are on, by id."""
        return dict(self._active)

    def add(self, fault: Fault) -> str:
        """Switches a fault on and returns its id. Raises `ValueError` for a status gRPC does not have."""
        if fault.status:
            status_code(fault.status)
        fault_id = f"fault-{next(self._ids)}"
        self._active[fault_id] = fault
        return fault_id

    def remove(self, fault_id: str) -> bool:
        """Switches one fault off; False if no fault has this id."""
        return self._active.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Switches every fault off, latency and silent tails included."""
        self._active.clear()
        self.latency_ms = 0.0
        self.tail_silent = False

    def lose_region(self, region: str) -> str:
        """Makes every call about `region` fail as an unreachable region does."""
        return self.add(Fault(region=region, status="UNAVAILABLE", message=f"The region {region} is unreachable."))

    def deny(self, method: str, permission: str, after: int = 0) -> str:
        """Makes `method` fail as it does for a principal without `permission`, once `after` calls went well."""
        message = f"Permission '{permission}' denied on resource (or it may not exist)."
        status = "PERMISSION_DENIED"
        return self.add(Fault(method=method, status=status, message=message, after=after, permission=permission))

    def denied_permissions(self) -> frozenset[str]:
        """Permissions that are lacking now."""
        return frozenset(f.permission for f in self._active.values() if f.permission and not f.after)

    def lose_answer(self, method: str, times: int = 1) -> str:
        """Makes `method` time out although it is carried out."""
        message = "Deadline Exceeded"
        return self.add(Fault(method=method, status="DEADLINE_EXCEEDED", message=message, times=times, applied=True))

    def expire_credentials(self) -> str:
        """Makes every call fail as expired application default credentials do."""
        return self.add(Fault(status="UNAVAILABLE", message=EXPIRED_CREDENTIALS))

    def lost_regions(self) -> frozenset[str]:
        """Regions for which every call fails: a listing over all regions names them as unreachable."""
        return frozenset(f.region for f in self._active.values() if f.region and f.method == "*" and f.status)

    def apply(self, method: str, region: str) -> FaultEffect:
        """What happens to this call; counts it against the faults that strike only so many times."""
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
        """Ends every tail stream that is open now: by default as a lost connection would.

        Raises `ValueError` for a status gRPC does not have.
        """
        self._cut_code = status_code(status)
        self._cut.set()
        self._cut = asyncio.Event()

    async def until_tails_are_cut(self) -> grpc.StatusCode:
        """Returns what to end with when `cut_tails` is next called; a stream races this against its own work."""
        await self._cut.wait()
        return self._cut_code

    @property
    def tail_mutings(self) -> int:
        """How often streams were muted; one that was open before the last time delivers nothing any more."""
        return self._mutings

    def mute_tails(self) -> None:
        """Makes every tail stream that is open now half-open for good: it neither ends nor delivers anything."""
        self._mutings += 1

    def _count_down(self, fault_id: str, fault: Fault) -> None:
        if fault.times:
            fault.times -= 1
            if fault.times == 0:
                del self._active[fault_id]


def status_code(name: str) -> grpc.StatusCode:
    """The gRPC status of this name; raises `ValueError` with the names that exist."""
    try:
        return grpc.StatusCode[name.upper()]
    except KeyError:
        known = ", ".join(code.name for code in grpc.StatusCode)
        raise ValueError(f"{name!r} is not a gRPC status; use one of {known}.") from None
