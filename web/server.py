"""The worker's web server, in a thread and a loop of its own: whoever looks at the page never holds the worker up."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from threading import Thread
from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError
from prometheus_client import REGISTRY, CollectorRegistry

from web.board import Board
from web.limits import Door, PageLimits
from web.metrics import MALFORMED
from web.routes import Health, Routes
from web.stream import Feed, Stream

_LOG: Final = logging.getLogger("dialstat.web")
_BACKLOG: Final = 128
_STOP_SECONDS: Final = 5.0
DEFAULT_LIMITS: Final = PageLimits()
"""Those of the settings' defaults."""


class ServerError(OSError):
    """The server can't listen where it was told to; the message says where, why, and what to do."""


class Server:
    """Serves page, events, metrics and health between ``start`` and ``stop``."""

    def __init__(
        self,
        host: str,
        port: int,
        board: Board,
        feed: Feed,
        health: Health,
        registry: CollectorRegistry = REGISTRY,
        token: str | None = None,
        limits: PageLimits = DEFAULT_LIMITS,
    ) -> None:
        """Nothing listens yet.

        Args:
            host: name or address to listen on.
            port: 0 picks a free one.
            board: what the page shows.
            feed: keeps the board up to date; told when somebody watches. Closing it is its maker's.
            health: for ``/livez`` and ``/readyz``.
            registry: for ``/metrics``.
            token: what everybody must know who asks for anything but health; None lets all in.
            limits: how many it serves at a time.
        """
        self._host = host
        self._port = port
        self._stream = Stream(board, feed, limits.pages)
        self._most_connections = limits.connections
        self._routes = Routes(self._stream, registry, health, token)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread: Thread | None = None

    def start(self) -> int:
        """Listen, and answer the port.

        Raises:
            ServerError: the port is in use, or the address is not one of this machine.
        """
        listener = _listen(self._host, self._port)
        port: int = listener.getsockname()[1]
        self._loop, self._stopping = asyncio.new_event_loop(), asyncio.Event()
        self._thread = Thread(target=self._run, args=(self._loop, listener), name="dialstat-web", daemon=True)
        self._thread.start()
        return port

    def stop(self) -> None:
        """End all streams and close the port. Does nothing if it does not run."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None:
            return
        self._thread = self._loop = None
        loop.call_soon_threadsafe(self._stopping.set)
        thread.join(2 * _STOP_SECONDS)

    def _run(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        application = self._routes.application()
        runner = web.AppRunner(application, access_log=None, logger=_LOG, shutdown_timeout=_STOP_SECONDS)
        await runner.setup()
        assert runner.server is not None
        door = Door(runner.server, self._most_connections)
        listening = await asyncio.get_running_loop().create_server(door, sock=listener, backlog=_BACKLOG)
        pushing = asyncio.create_task(self._stream.run())
        try:
            await self._stopping.wait()
        finally:
            pushing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pushing
            listening.close()
            self._stream.stop()
            await runner.cleanup()


def _is_told(record: logging.LogRecord) -> bool:
    """What is no HTTP is only counted: whoever reaches the port could fill the log with it."""
    malformed = record.exc_info is not None and isinstance(record.exc_info[1], HttpProcessingError)
    if malformed:
        MALFORMED.inc()
    return record.levelno > logging.DEBUG and not malformed


_LOG.addFilter(_is_told)
_LOG.setLevel(logging.DEBUG)  # of an unknown method aiohttp tells there


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((str(address[0]), int(address[1])), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServerError(
                f"port {port} of {host} is in use by another program: choose another with `--http {host}:PORT`, or 0"
            ) from error
        raise ServerError(f"can't listen on {host}:{port}: {error.strerror or error}; see the setting `http`") from error
