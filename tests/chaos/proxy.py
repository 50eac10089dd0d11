"""A network that can be slow or cut: a TCP proxy on 127.0.0.1 between the clients and the broker."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from random import Random
from types import TracebackType
from typing import Self

_READ = 64 * 1024


class Proxy:
    """Passes bytes on to a port. ``slow`` and ``cut`` may be called from any thread while it runs."""

    def __init__(self, port: int, target: int, seed: int) -> None:
        """Nothing runs yet.

        Args:
            port: where it listens.
            target: the port of the server; it may come and go.
            seed: of the delays.
        """
        self._port, self._target = port, target
        self._random = Random(seed)
        self._delay = 0.0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._listening = threading.Event()
        self._stop = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def slow(self, seconds: float) -> None:
        """From now on let what comes in wait, on average so long; 0 is no delay."""
        self._delay = seconds

    def cut(self) -> None:
        """Break every connection that is open."""
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for task in self._open:
            task.cancel()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._listening.set()
        await self._stop.wait()
        server.close()
        self._cut()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._joined(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(task)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both ways until one of them ends, which ends the other."""
        of_server, to_server = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [asyncio.ensure_future(self._pass_on(reader, to_server)), asyncio.ensure_future(self._pass_on(of_server, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (writer, to_server):
                end.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_READ):
                if self._delay:
                    await asyncio.sleep(self._random.uniform(0, 2 * self._delay))
                writer.write(data)
                await writer.drain()
