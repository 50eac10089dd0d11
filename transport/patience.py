"""A broker that is not there: waiting for it with growing pauses, for so long and no longer.

aiokafka knocks again every tenth of a second or oftener, each of a worker's ten clients for itself, and gives up at once where it
has not been connected before. What is here is one memory of pauses for all clients of the process, by address.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from aiokafka import client
from aiokafka.errors import KafkaConnectionError
from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_delay

from transport.lifecycle import FatalError

Aiokafka = Any
"""aiokafka is not typed."""
Address = tuple[str, int]

_SHORTEST: Final = 0.05
_LONGEST: Final = 2.0

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Refusals:
    pause: float
    until: float
    since: float


class Pauses:
    """How long to wait before the next attempt to connect to an address: 50 ms after a failure, doubled by each further one up to 2 s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refusals: dict[Address, _Refusals] = {}

    def left(self, address: Address) -> float:
        """Seconds until the next attempt."""
        found = self._refusals.get(address)
        return 0.0 if found is None else max(0.0, found.until - self._clock())

    def failed(self, address: Address) -> None:
        """Nobody has answered there; several clients that have failed at the same time count once."""
        now, found = self._clock(), self._refusals.get(address)
        if found is None:
            self._refusals[address] = _Refusals(_SHORTEST, now + _SHORTEST, now)
        elif now >= found.until:
            found.pause = min(2 * found.pause, _LONGEST)
            found.until = now + found.pause

    def answered(self, address: Address) -> float | None:
        """Somebody has; for how long nobody had, if that was so."""
        found = self._refusals.pop(address, None)
        return None if found is None else self._clock() - found.since


class Connecting:
    """``aiokafka.conn.create_conn`` with pauses."""

    def __init__(self, create: Callable[..., Aiokafka], pauses: Pauses) -> None:
        self._create = create
        self._pauses = pauses

    async def __call__(self, host: str, port: int, **settings: Aiokafka) -> Aiokafka:
        """A connection, once the pause is over."""
        address, pauses = (host, port), self._pauses
        await asyncio.sleep(pauses.left(address))
        try:
            connection = await self._create(host, port, **settings)
        except Exception:
            pauses.failed(address)
            raise
        if (away := pauses.answered(address)) is not None:
            _log.info("the broker is back", broker=f"{host}:{port}", seconds=round(away, 1))
        return connection


client.create_conn = Connecting(client.create_conn, Pauses())


class Starting(Protocol):
    """A client of aiokafka."""

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaConnectionError: no broker answered; it may be tried again.
        """
        ...


async def start(starting: Starting, limit: float) -> None:
    """Start a client, however often that takes.

    Raises:
        FatalError: no broker answered within ``limit`` seconds.
    """
    try:
        async for attempt in AsyncRetrying(retry=retry_if_exception_type(KafkaConnectionError), stop=stop_after_delay(limit)):
            with attempt:
                await starting.start()
    except RetryError as error:
        raise FatalError(no_answer(limit)) from error


def no_answer(limit: float) -> str:
    """What a worker says that has waited in vain."""
    return f"no broker answered within {limit:g} s (setting broker_timeout); start the worker again when there is one"
