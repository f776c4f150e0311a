"""Fixtures of the adapter tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.gcp.emulated import Shop, running_shop


@pytest_asyncio.fixture
async def shop() -> AsyncIterator[Shop]:
    async with running_shop() as running:
        yield running
