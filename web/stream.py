"""The board pushed to every open page by server-sent events: everything at first, then what changed, at most four times a second.

Each change is encoded once, however many watch. A page that does not keep up is cut off; it comes back by itself and begins anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
from aiohttp import web

from web.board import Board, Phase
from web.metrics import DROPPED_WATCHERS, TURNED_AWAY, WATCHERS

_INTERVAL: Final = 0.25
_BEAT: Final = 5.0
MOST_WAITING: Final = 40
_CATCH_UP: Final = 5.0
_CATCH_UP_STEP: Final = 0.05
_RETRY_MS: Final = 1_000
_AHEAD: Final = frozenset({Phase.IDLE, Phase.STARTING, Phase.READING})


class Feed(Protocol):
    """What keeps the board up to date while somebody watches (``web.feed``)."""

    def watch(self) -> None:
        """Somebody watches from now on."""

    def leave(self) -> None:
        """One of those who watched is gone."""


@dataclass(eq=False, slots=True)
class _Watcher:
    """One open page. None in the queue ends it."""

    transport: asyncio.Transport
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))


class Stream:
    """Everybody who watches. All methods run on the server's loop; ``run`` must be running for changes to be sent."""

    def __init__(self, board: Board, feed: Feed, most: int, interval: float = _INTERVAL, beat: float = _BEAT) -> None:
        """Nobody watches yet.

        Args:
            board: what is shown.
            feed: told when somebody watches.
            most: pages that may be open at a time.
            interval: seconds between two changes sent, at least.
            beat: seconds between two signs of life, at most.
        """
        self._board = board
        self._feed = feed
        self._most = most
        self._open = 0
        self._interval = interval
        self._beat = beat
        self._watchers: set[_Watcher] = set()

    async def run(self) -> None:
        """Send changes and signs of life until cancelled."""
        loop = asyncio.get_running_loop()
        sent, beat_at = self._board.version, loop.time() + self._beat
        while True:
            await asyncio.sleep(self._interval)
            if self._board.version != sent:
                changes = self._board.changes_since(sent)
                sent = changes["version"]
                self._send(_event("board", changes))
            if loop.time() >= beat_at:
                beat_at = loop.time() + self._beat
                self._send(self._sign_of_life())

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle ``/events``: until the page is closed, does not keep up, or the server stops."""
        if self._open >= self._most:
            TURNED_AWAY.labels("page_limit").inc()
            raise web.HTTPServiceUnavailable(text=f"too many pages are open: page_limit is {self._most}\n", headers={"Retry-After": "10"})
        with self._opened():
            return await self._serve(request)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError), self._watching():
            await response.write(f"retry: {_RETRY_MS}\n\n".encode() + self._sign_of_life())
            await self.caught_up()
            await self._follow(request, response)
        return response

    async def caught_up(self) -> None:
        """Wait until the feed is up to date, or has been given enough time for it."""
        end = asyncio.get_running_loop().time() + _CATCH_UP
        while self._board.source.phase in _AHEAD and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - see below
            await asyncio.sleep(_CATCH_UP_STEP)  # the board is filled by a thread: there is no event of this loop to wait for

    async def read(self) -> dict[str, Any]:
        """The board as it is, for those who ask once."""
        with self._watching():
            await self.caught_up()
            return self._board.snapshot()

    def stop(self) -> None:
        """End all streams."""
        for watcher in list(self._watchers):
            self._cut(watcher)

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        self._feed.watch()
        try:
            yield
        finally:
            self._feed.leave()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        """A page is open from its request on, also while it waits for the feed."""
        self._open += 1
        WATCHERS.set(self._open)
        try:
            yield
        finally:
            self._open -= 1
            WATCHERS.set(self._open)

    async def _follow(self, request: web.Request, response: web.StreamResponse) -> None:
        transport = request.transport
        if transport is None:
            return
        watcher = _Watcher(transport)
        self._watchers.add(watcher)
        try:
            # Joined before the snapshot is taken: what changes in between comes twice, which does no harm.
            await response.write(_event("board", self._board.snapshot()))
            while (data := await watcher.queue.get()) is not None:
                await response.write(data)
        finally:
            self._watchers.discard(watcher)

    def _send(self, data: bytes) -> None:
        for watcher in list(self._watchers):
            try:
                watcher.queue.put_nowait(data)
            except asyncio.QueueFull:
                DROPPED_WATCHERS.inc()
                self._cut(watcher)

    def _sign_of_life(self) -> bytes:
        return _event("beat", {"now": self._board.now_ms()})

    def _cut(self, watcher: _Watcher) -> None:
        """End a stream even while it waits for the other side to read."""
        self._watchers.discard(watcher)
        while not watcher.queue.empty():
            watcher.queue.get_nowait()
        watcher.queue.put_nowait(None)
        watcher.transport.abort()


def _event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(data))
