"""Faust's consumer, in chunks: what one fetch returned for a partition is one event, and Faust neither acks nor commits.

The chain is Faust's own (fetcher, conductor, stream, agent); what is replaced is the loop that handed records over one at a time
(guide 1.2), the acks and commits, and the seeks. The rules quoted are those of the transport's design.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

import faust
from aiokafka import TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as faust_driver
from faust.types import ConsumerMessage

from transport.fetched import hand_out_columns
from transport.lifecycle import FatalError
from transport.records import Records, join_records

Faust = Any
"""Faust and aiokafka are not typed."""


_FETCH_PAUSE: Final = 0.01
"""Seconds from one fetch that brought something to the next: each costs some two turns of three threads, whatever it brings."""


class Fetched(NamedTuple):
    """What is known of a topic-partition after a fetch: new records if any, the position behind them, whether that is the end."""

    records: Records | None
    position: int
    ended: bool
    highwater: int | None
    answered_ms: int | None


class ChunkMessage(ConsumerMessage):
    """A fetched run of records as one message: ``value`` holds them, ``start`` and ``end`` are the positions around it."""

    __slots__ = ("end", "start")


class ChunkSchema(faust.Schema):
    """Hands the records through as they are."""

    def loads_key(self, app: Faust, message: Faust, *, loads: Faust = None, serializer: Faust = None) -> None:
        """There is no key of a run."""

    def loads_value(self, app: Faust, message: Faust, *, loads: Faust = None, serializer: Faust = None) -> Faust:
        """The records."""
        return message.value


class Receiver(Protocol):
    """Whoever owns a source topic: a pipeline."""

    def wake(self, partition: int) -> None:
        """A topic of that partition has been read to its end."""
        ...

    async def close(self) -> bool:
        """Give up all partitions; True if everything was written or nothing begun."""
        ...


class ConsumerThread(faust_driver.AIOKafkaConsumerThread):
    """The thread that owns aiokafka's consumer."""

    def _create_worker_consumer(self, transport: Faust) -> Faust:
        hand_out_columns()
        consumer = super()._create_worker_consumer(transport)
        # Rule 17: Faust leaves both at values for another use, and has no setting for them.
        consumer._isolation_level = "read_committed"  # noqa: SLF001
        consumer._fetch_max_wait_ms = 100  # noqa: SLF001
        return consumer

    async def _fetch_records(self, consumer: Faust, active_partitions: Faust, timeout: Faust = None, max_records: Faust = None) -> Faust:
        """Records with the position behind them and whether that is the end, taken in the step of the fetch itself (design 5)."""
        records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        found = {}
        subscription = consumer._subscription.subscription  # noqa: SLF001 (the only place where aiokafka keeps the LSO of a response)
        assignment: Faust = subscription.assignment if subscription else None
        for tp in (self.consumer.sources | records.keys()) if assignment else ():
            if tp in assignment.tps and (state := assignment.state_value(tp)).has_valid_position:
                ended = state.lso is not None and state.position >= state.lso
                runs = records.get(tp)
                found[tp] = Fetched(join_records(runs) if runs else None, state.position, ended, state.highwater, state.timestamp)
        return found

    async def seek_all(self, positions: Mapping[Faust, int], pause: Iterable[Faust]) -> None:
        """Seek, and pause the changelogs: Faust's consumer is subscribed to them but must not fetch them (rule 18)."""

        async def seek() -> None:
            consumer = self._ensure_consumer()
            consumer.pause(*[TopicPartition(*tp) for tp in pause])  # rule 16: aiokafka knows only its own type
            for tp, offset in positions.items():
                consumer.seek(TopicPartition(*tp), offset)
                # Until now it had no position, or an outdated one; what aiokafka has to say about that would be raised by the next fetch.
                consumer._fetcher._records.pop(TopicPartition(*tp), None)  # noqa: SLF001

        await self.call_thread(seek)

    async def committed_offsets(self, partitions: Iterable[Faust]) -> dict[Faust, int]:
        """Offsets that the group has committed, of those partitions that have any."""

        async def fetch() -> dict[Faust, int]:
            coordinator = self._ensure_consumer()._coordinator  # noqa: SLF001 (the public call answers from a cache)
            found = await coordinator.fetch_committed_offsets(list(partitions))
            return {tp: committed.offset for tp, committed in found.items() if committed.offset >= 0}

        offsets: dict[Faust, int] = await self.call_thread(fetch)
        return offsets

    def verify_event_path(self, now: float, tp: Faust) -> None:
        """Faust's own alarm knows nothing of chunks."""


class Consumer(faust_driver.Consumer):
    """Drains fetches into chunks. ``receivers`` are the pipelines by source topic."""

    def __init__(self, *args: Faust, **kwargs: Faust) -> None:
        self.receivers: dict[str, Receiver] = {}
        self.fetch_lock = asyncio.Lock()
        self.takeover: asyncio.Task[None] | None = None
        self.sources: frozenset[Faust] = frozenset()
        self.highwater: dict[Faust, int] = {}
        self._answered: dict[Faust, int | None] = {}
        self._next: dict[Faust, int] = {}
        self._ended: set[Faust] = set()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def ack(self, message: Faust) -> bool:
        """Nothing is acked: positions move in our transactions only (rule 6)."""
        return False

    async def commit(self, *args: Faust, **kwargs: Faust) -> bool:
        """Nothing is committed here; see ``ack``."""
        return False

    async def perform_seek(self) -> None:
        """The take-over seeks; see ``seek_all``."""

    def verify_event_path(self, now: float, tp: Faust) -> None:
        """Faust's own alarm knows nothing of chunks."""

    def all_receivers(self) -> list[Receiver]:
        """Each of them once, always in the same order."""
        return list(dict.fromkeys(self.receivers.values()))

    async def wait_empty(self) -> None:
        """Give up all partitions: revocation and shutdown both come through here (rule 38)."""
        if self.takeover and not self.takeover.done():
            self.takeover.cancel()
            await asyncio.wait([self.takeover], timeout=1)
        clean = all(await asyncio.gather(*[receiver.close() for receiver in self.all_receivers()]))
        self.app.dialstat_health.revoked()
        if self.app.should_stop:
            self.app.dialstat_lifecycle.given_up(clean=clean)

    async def seek_all(self, positions: Mapping[Faust, int], pause: Iterable[Faust]) -> None:
        """Start reading at these positions; no fetch may straddle the seek (rule 15)."""
        async with self.fetch_lock:
            await self._thread.seek_all(positions, pause)
            self._next = dict(positions)
            self._ended.clear()
            self.sources = frozenset(TopicPartition(*tp) for tp in positions)

    async def committed_offsets(self, partitions: Iterable[Faust]) -> dict[Faust, int]:
        """See ``ConsumerThread``."""
        offsets: dict[Faust, int] = await self._thread.committed_offsets(partitions)
        return offsets

    def read_to_end(self, tp: Faust, received: int) -> bool:
        """Whether all there is has been fetched, and has reached the pipeline, which has received up to ``received``."""
        return tp in self._ended and self._next.get(tp) == received

    def fetched_to(self, tp: Faust) -> int | None:
        """The position up to which chunks were handed out."""
        return self._next.get(tp)

    def last_answer(self, tp: Faust) -> int | None:
        """When the broker last answered a fetch of it, ms; None if there is nothing to answer: no flow, or its queue is full."""
        return (self._answered.get(tp) or 0) if self.flow_active and tp in self._get_active_partitions() else None

    async def _drain_messages(self, fetcher: Faust) -> None:
        """Replaces Faust's loop over records; goes on until the consumer or its fetcher stops."""
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):  # noqa: SLF001 (as the loop it replaces)
                messages = await self._fetch_chunks()
                if not messages:
                    await asyncio.sleep(0.005)
                for message in messages:
                    await self.callback(message)
                if messages:
                    await asyncio.sleep(_FETCH_PAUSE)
        except OffsetOutOfRangeError as error:
            lost = FatalError(f"input lost: the broker no longer holds {error}, from where to read on: its retention is too short")
            self.app.dialstat_lifecycle.fail(lost)
            raise lost from error
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise

    async def _fetch_chunks(self) -> list[ChunkMessage]:
        self.app.dialstat_health.progress()
        async with self.fetch_lock:
            active = self._get_active_partitions() if self.flow_active else None
            generation = self.app.consumer_generation_id
            # Rule 14: a fetch of no partition would return all of them.
            try:
                fetched = await self._getmany(active, timeout=0.2) if active else {}
            except (NoOffsetForPartitionError, OffsetOutOfRangeError):
                if self.flow_active:
                    raise
                fetched = {}  # a rebalance has begun meanwhile, and its take-over has not sought yet
            return [
                self._chunk(tp, found.records, found.position, generation)
                for tp, found in fetched.items()
                if self._note(tp, found) and found.records
            ]

    def _note(self, tp: Faust, found: Fetched) -> bool:
        """Remember whether a topic is read to its end; False for a changelog, fetched before it was paused (rule 37)."""
        receiver = self.receivers.get(tp.topic)
        if receiver is None:
            return False
        self.highwater[tp] = found.highwater or 0
        self._answered[tp] = found.answered_ms
        if not found.ended:
            self._ended.discard(tp)
        elif tp not in self._ended:
            self._ended.add(tp)
            receiver.wake(tp.partition)
        return True

    def _chunk(self, tp: Faust, records: Records, end: int, generation: int) -> ChunkMessage:
        message = ChunkMessage(
            tp.topic, tp.partition, int(records.offset[-1]), 0, 0, None, None, records, None, 0, 0, tp, generation_id=generation
        )
        message.start, message.end = self._next.get(tp), end
        self._next[tp] = end
        return message


class Transport(faust_driver.Transport):
    """Faust's transport with our consumer."""

    Consumer = Consumer
