"""Concurrent calls of which one may fail without cancelling the others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from cfconsole.domain.errors import CloudError

T = TypeVar("T")


async def gather_outcomes(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T | CloudError]:
    """The outcomes in the order of the calls: what each returned, or the `CloudError` it raised."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    results: list[T | CloudError] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, CloudError):
            raise outcome
        results.append(outcome)
    return results
