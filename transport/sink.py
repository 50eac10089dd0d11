"""Writing a chunk's outcome: in a transaction, or in an order that never forgets (architecture 3.2, 3.5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, ProducerFenced, TransactionalIdAuthorizationFailed
from aiokafka.producer import sender

from kernels.frames import Rows
from kernels.partitions import rows_by_partition
from kernels.texts import Int64s
from transport import patience
from transport.config import TransportConfig
from transport.job import Outcome, Output
from transport.lifecycle import FatalError
from transport.logins import aiokafka_settings
from transport.record_batch import record_batches, rows_of

POSITION_KEY: Final = b"\x00position"
"""Changelog key of the position record: topic -> next offset. It alone says where to go on (rule 5)."""

_CLOSE_LIMIT: Final = 2.0
_BATCH_BYTES: Final = 512 * 1024
_LARGEST_BYTES: Final = 1_000_000
"""Of a batch; a single record may exceed the batch size, but not what a broker takes by default."""

# A transaction that begins right after another's end is refused once, while the markers of that one are written; aiokafka then
# waits 20 ms, ten times as long as that takes (rule 4).
sender.BACKOFF_OVERRIDE = 0.002


class Sink(Protocol):
    """Writes the outcomes of one partition of one job."""

    async def open(self) -> None:
        """Get ready to write; a former owner of the partition can't from here on."""
        ...

    async def write(self, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        """Write an outcome, the position (already encoded) that it leads to, and offsets of the group if there are any to be told."""
        ...

    async def close(self) -> None:
        """Stop writing."""
        ...


class _Batches:
    """Sends records in batches, and waits for every one of them: the commit does not (rule 1)."""

    def __init__(self, producer: AIOKafkaProducer, partition: int, *, transactional: bool) -> None:
        self._producer = producer
        self._partition = partition
        self._transactional = transactional
        self._sent: list[asyncio.Future[Any]] = []

    async def send_by_key(self, topic: str, records: Output) -> None:
        count = len(await self._producer.partitions_for(topic))
        rows = rows_of(records)
        for partition, chosen in rows_by_partition(rows.keys, rows.key, count, self._partition % count):
            await self._send(topic, partition, rows, chosen)

    async def send(self, topic: str, partition: int, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        await self._send(topic, partition, rows_of(records), np.arange(len(records)))

    async def _send(self, topic: str, partition: int, rows: Rows, chosen: Int64s) -> None:
        now = time.time_ns() // 1_000_000
        for batch in record_batches(rows, chosen, _BATCH_BYTES, now, transactional=self._transactional):
            if batch.size() > _LARGEST_BYTES:  # then it is of a single record, which has a batch for itself
                raise FatalError(f"a record of {batch.size()} bytes for {topic}-{partition} is larger than {_LARGEST_BYTES} bytes")
            self._sent.append(await self._producer.send_batch(batch, topic, partition=partition))

    async def acknowledged(self) -> None:
        await asyncio.gather(*self._sent)
        self._sent.clear()


class _Writer:
    """What both guarantees share: a producer of one partition."""

    def __init__(self, config: TransportConfig, job: str, partition: int, **settings: Any) -> None:  # noqa: ANN401 (aiokafka is not typed)
        self._config = config
        self._job = job
        self._name = f"{job}-{partition}"
        self._partition = partition
        self._producer = AIOKafkaProducer(
            bootstrap_servers=config.servers,
            request_timeout_ms=15_000,
            max_batch_size=_BATCH_BYTES,
            retry_backoff_ms=20,
            **aiokafka_settings(config.security),
            **settings,
        )

    async def open(self) -> None:
        """See ``Sink``; for a transactional producer, starting is what fences the former owner and settles its transaction."""
        try:
            await self._in_time(patience.start(self._producer, self._config.stall_limit), "get ready to write")
        except TransactionalIdAuthorizationFailed as error:
            name = self._config.transactional_id(self._job, self._partition)
            raise FatalError(
                f"the broker does not allow Write of the transactional-id {name}; all that a worker needs: dialstat topics acls"
            ) from error

    async def close(self) -> None:
        """See ``Sink``."""
        await asyncio.wait_for(self._producer.stop(), _CLOSE_LIMIT)

    async def _in_time(self, step: Awaitable[None], what: str) -> None:
        limit = self._config.stall_limit
        try:
            await asyncio.wait_for(step, limit)
        except TimeoutError as error:
            raise FatalError(f"{self._name} could not {what}: {patience.no_answer(limit)}") from error

    async def _send_outputs(self, batches: _Batches, outcome: Outcome) -> None:
        for topic, records in outcome.outputs.items():
            if records:
                await batches.send_by_key(topic, records)


class TransactionalSink(_Writer):
    """One transaction a chunk: outputs, changelog, position and offsets are seen together or not at all."""

    def __init__(self, config: TransportConfig, job: str, partition: int) -> None:
        super().__init__(
            config,
            job,
            partition,
            transactional_id=config.transactional_id(job, partition),
            transaction_timeout_ms=int(config.transaction_timeout * 1000),
        )

    async def write(self, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        """See ``Sink``. An outcome of the commit that is not known ends the worker: the next owner's fence decides (rule 10)."""
        try:
            await self._in_time(self._transaction(outcome, changelog, position, offsets), "write a chunk; what became of it will be seen")
        except (ProducerFenced, IllegalOperation) as error:  # the second one if a transaction was taken from it between two requests
            raise FatalError(self._fenced()) from error

    def _fenced(self) -> str:
        timeout = self._config.transaction_timeout
        return (
            f"{self._name} was fenced: another worker has taken its partition, since this one was silent for longer than its session "
            f"or has the same `instance`, or the broker ended a transaction that took longer than {timeout:g} s; what this one had "
            "not committed is undone, and done by the next owner. Start it again"
        )

    async def _transaction(self, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        producer = self._producer
        await producer.begin_transaction()
        batches = _Batches(producer, self._partition, transactional=True)
        await self._send_outputs(batches, outcome)
        await batches.send(changelog, self._partition, [*outcome.changes, (POSITION_KEY, position)])
        await batches.acknowledged()
        if offsets:
            # Not beside the produce requests: the broker would refuse some of those for a moment (rule 3).
            await producer.send_offsets_to_transaction({TopicPartition(*tp): offset for tp, offset in offsets.items()}, self._config.app)
        await producer.commit_transaction()


class AtLeastOnceSink(_Writer):
    """Outputs are acknowledged before the changelog batch that holds the position: nothing is lost, some may come twice."""

    def __init__(self, config: TransportConfig, job: str, partition: int) -> None:
        super().__init__(config, job, partition, enable_idempotence=True)

    async def write(self, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        """See ``Sink``."""
        del offsets
        await self._in_time(self._in_order(outcome, changelog, position), "write a chunk")

    async def _in_order(self, outcome: Outcome, changelog: str, position: bytes) -> None:
        batches = _Batches(self._producer, self._partition, transactional=False)
        await self._send_outputs(batches, outcome)
        await batches.acknowledged()
        await batches.send(changelog, self._partition, [*outcome.changes, (POSITION_KEY, position)])
        await batches.acknowledged()


def sink_for(config: TransportConfig, job: str, partition: int) -> Sink:
    """The sink of the configured guarantee."""
    kind = TransactionalSink if config.guarantee == "exactly_once" else AtLeastOnceSink
    return kind(config, job, partition)
