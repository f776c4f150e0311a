"""The HTTP server. Its socket is bound before the world is built, because service addresses contain the port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.applications import Starlette


class PortInUse(Exception):
    """The given port is in use."""


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free port. Raises `PortInUse`."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise PortInUse(f"The emulator can't listen on {host}:{port}: {error.strerror}.") from error
    return listener


@contextlib.asynccontextmanager
async def running_http_server(app: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    """Serves `app` on `listener` until the block ends, then drops requests in flight."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=0,
    )
    server = _EmbeddedServer(config)
    serving = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    await server.listening.wait()
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _EmbeddedServer(uvicorn.Server):
    """A server that reports when it listens, and leaves signals to the owner of the event loop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
