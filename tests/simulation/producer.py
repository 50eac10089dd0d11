"""What ``transport.sink`` takes for aiokafka's producer: its methods, its habits, a simulated broker behind it.

As aiokafka does, it sends batches in the background and tries again until an answer is certain; a commit waits for the batches of its
transaction and does not care which of them failed; once fenced it refuses everything.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from aiokafka import TopicPartition
from aiokafka.errors import (
    ConcurrentTransactions,
    IllegalOperation,
    KafkaError,
    MessageSizeTooLargeError,
    NodeNotReadyError,
    ProducerFenced,
    RequestTimedOutError,
)
from aiokafka.record.memory_records import MemoryRecords

from tests.simulation.log import Fate
from tests.simulation.wire import Link
from transport.record_batch import RecordBatch

_AGAIN: Final = (NodeNotReadyError, RequestTimedOutError)
_FIRST_PAUSE: Final = 0.002
"""Before a transaction that follows another is tried again; each pause is twice as long as the one before, to save steps."""


def _records_of(batch: RecordBatch) -> list[tuple[Any, ...]]:
    """What a broker finds in a batch: (key, value, headers), by the reader of the real client."""
    laid = MemoryRecords(bytes(batch._build())).next_batch()
    assert laid.validate_crc()
    records = [(record.key, record.value, tuple(record.headers)) for record in laid]
    assert len(records) == batch.record_count()
    return records


class SimulatedProducer:
    """See the module; the arguments are aiokafka's."""

    def __init__(
        self,
        link: Link,
        *,
        transactional_id: str | None = None,
        transaction_timeout_ms: int = 60_000,
        request_timeout_ms: int = 40_000,
        retry_backoff_ms: int = 100,
        **_: Any,
    ) -> None:
        self._link = link
        self.transactional_id = transactional_id
        self._transaction_timeout = transaction_timeout_ms / 1000
        self._request_timeout = request_timeout_ms / 1000
        self._pause = retry_backoff_ms / 1000
        self.seat: tuple[int, int] = (0, -1)
        self._sequence: defaultdict[TopicPartition, int] = defaultdict(int)
        self._last: dict[TopicPartition, asyncio.Future[Any]] = {}
        self._pending: list[asyncio.Future[Any]] = []
        self._in_transaction = False
        self._empty = True
        self._fatal: KafkaError | None = None

    @classmethod
    def maker(cls, link_of: Callable[[], Link]) -> Callable[..., Self]:
        """What stands in for the class: the process that runs is whose link it uses."""
        return lambda **settings: cls(link_of(), **settings)

    async def start(self) -> None:
        broker = self._link.broker
        self.seat = await self._insist("init producer", broker.init_producer, self.transactional_id, self._transaction_timeout)
        self._link._note("producer", id=self.transactional_id, epoch=self.seat[1])

    async def stop(self) -> None:
        """Nothing is waited for: what is open is settled by the next owner."""

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(self._link.broker.partitions[topic]))

    async def begin_transaction(self) -> None:
        assert self._fatal is None, "the producer has failed"
        assert not self._in_transaction
        self._in_transaction, self._empty = True, True

    async def send_batch(self, batch: RecordBatch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        if self.transactional_id and not self._in_transaction:
            raise IllegalOperation("Can't send messages while not in transaction")
        self._empty = False
        tp = TopicPartition(topic, partition)
        done = asyncio.get_running_loop().create_future()
        sequence = self._sequence[tp]
        self._sequence[tp] += 1
        before, self._last[tp] = self._last.get(tp), done
        self._pending.append(done)
        asyncio.ensure_future(self._deliver(tp, _records_of(batch), sequence, before, done))  # noqa: RUF006 (the loop remembers it)
        return done

    async def _deliver(self, tp: TopicPartition, records: Any, sequence: int, before: Any, done: asyncio.Future[Any]) -> None:
        if before is not None and not before.done():
            await asyncio.wait([before])
        produce = self._link.broker.produce
        failure: KafkaError | None
        try:
            if self._fatal is not None:
                raise self._fatal
            if self._link.weather.strikes("batch refused"):
                self._link._note("batch refused", to=f"{tp.topic}-{tp.partition}")
                raise MessageSizeTooLargeError
            what = f"produce {tp.topic}-{tp.partition}"
            await self._insist(what, produce, self.seat, tp, records, sequence, transactional=bool(self.transactional_id))
            failure = None
        except KafkaError as error:
            failure = error
        if done.cancelled():  # whoever sent it has given up waiting
            return
        if failure is not None:
            done.set_exception(failure)
        else:
            done.set_result(None)

    async def send_offsets_to_transaction(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        del group
        self._empty = False
        await self._in_it("add offsets", self._link.broker.add_offsets, self.seat, dict(offsets))

    async def commit_transaction(self) -> None:
        await self._end(Fate.COMMITTED)

    async def abort_transaction(self) -> None:
        await self._end(Fate.ABORTED)

    async def _end(self, fate: Fate) -> None:
        pending, self._pending = self._pending, []
        if pending:
            await asyncio.wait(pending)
        if not self._empty:  # of one that is, no broker has heard
            await self._in_it(f"end transaction: {fate.value}", self._link.broker.end_transaction, self.seat, fate)
        self._in_transaction = False

    async def _in_it(self, what: str, step: Callable[..., Any], *args: Any) -> None:
        if self._fatal is not None:
            raise self._fatal
        if not self._in_transaction:
            raise IllegalOperation("Not in the middle of a transaction")
        await self._insist(what, step, *args)

    async def _insist(self, what: str, step: Callable[..., Any], *args: Any, **settings: Any) -> Any:
        name = f"{what} ({self.transactional_id})"
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._link.ask(name, step, *args, patience=self._request_timeout, **settings)
            except ConcurrentTransactions:
                await asyncio.sleep(pause)
                pause *= 2
            except _AGAIN:
                await asyncio.sleep(self._pause)
            except ProducerFenced as error:
                self._fatal = error
                raise
