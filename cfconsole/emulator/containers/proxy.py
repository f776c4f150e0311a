"""Forwards requests to the processes of revisions, as Cloud Run's front end does."""

from __future__ import annotations

import asyncio

import httpx
from msgspec.structs import replace

from cfconsole.emulator.containers.container import IncomingRequest, Reply
from cfconsole.emulator.world.names import RevisionName

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Cloud Run's limit for answers over HTTP/1 that are not streamed."""
_HOP_BY_HOP = {
    "connection",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
}


class Proxy:
    """One HTTP client for all processes, created with the first request."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def forward(self, port: int, incoming: IncomingRequest, revision: RevisionName, timeout_s: float) -> Reply:
        """The answer of the process on `port`; 504 if it takes too long, 503 if there is none."""
        now = asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._send(port, incoming, revision)
        except TimeoutError:
            reply = Reply(504, b"upstream request timeout", revision.revision)
        except httpx.HTTPError:
            reply = Reply(503, b"The instance closed the connection before it answered.", revision.revision)
        return replace(reply, latency_ms=(now() - began) * 1000)

    async def aclose(self) -> None:
        """Closes the client, which ends requests in flight."""
        client, self._client = self._client, None
        if client:
            await client.aclose()

    async def _send(self, port: int, incoming: IncomingRequest, revision: RevisionName) -> Reply:
        self._client = self._client or httpx.AsyncClient(trust_env=False, timeout=None)
        query = f"?{incoming.query}" if incoming.query else ""
        async with self._client.stream(
            incoming.method,
            f"http://127.0.0.1:{port}/{incoming.path}{query}",
            headers=[*_end_to_end(incoming.headers), ("x-forwarded-proto", "https"), *_trace_headers(incoming.trace)],
            content=incoming.body,
        ) as answer:
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    return Reply(500, b"Response size was too large.", revision.revision)
            headers = [each for each in answer.headers.multi_items() if each[0] not in ("date", "server")]
            return Reply(answer.status_code, bytes(body), revision.revision, _end_to_end(headers))


def _end_to_end(headers: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP)


def _trace_headers(trace: str) -> list[tuple[str, str]]:
    span = trace[:16]
    return [("x-cloud-trace-context", f"{trace}/{int(span, 16)};o=1"), ("traceparent", f"00-{trace}-{span}-01")]
