"""How many may be served at a time, so that whoever looks at the page leaves the worker its sockets and its memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from web.metrics import CONNECTIONS, TURNED_AWAY


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Pages that are open, connections of any kind, and objects that are shown."""

    pages: int = 200
    connections: int = 500
    objects: int = 10_000


class Door:
    """Makes the protocol of each new connection; for one too many, one that says so and closes."""

    def __init__(self, server: web.Server, limit: int) -> None:
        self._server = server
        self._limit = limit
        CONNECTIONS.set_function(lambda: len(server.connections))

    def __call__(self) -> asyncio.Protocol:
        """For ``loop.create_server``."""
        if len(self._server.connections) < self._limit:
            return self._server()
        TURNED_AWAY.labels("connection_limit").inc()
        return _Refusal(self._limit)


class _Refusal(asyncio.Protocol):
    def __init__(self, limit: int) -> None:
        self._limit = limit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        told = f"too many connections: connection_limit is {self._limit}\n".encode()
        transport.write(_REFUSED % (len(told), told))
        transport.close()


_REFUSED: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nRetry-After: 10\r\nConnection: close\r\n\r\n%b"
)
