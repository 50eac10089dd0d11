"""Faults in how chunks are written, restored and put in order; see ``planted``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

import numpy as np
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as faust_driver

from transport import driver, pipeline, restore, sink, step
from transport.config import TransportConfig
from transport.job import Outcome
from transport.merge import Int64s, Queue
from transport.pipeline import Part, Pipeline
from transport.restore import Restored
from transport.sink import POSITION_KEY, TransactionalSink

Fault = AbstractContextManager[Any]


def _replaced_transaction(step: Callable[[TransactionalSink, Outcome, str, bytes, Mapping[Any, int]], Awaitable[None]]) -> Fault:
    return patch.object(TransactionalSink, "_transaction", step)


async def _part_of_transaction(
    one: TransactionalSink, outcome: Outcome, changes: tuple[str, Any] | None, offsets: Mapping[Any, int]
) -> None:
    """A transaction of outputs, of a changelog's records, of group offsets, as far as they are given."""
    producer = one._producer
    await producer.begin_transaction()
    batches = sink._Batches(producer, one._partition, transactional=True)
    await one._send_outputs(batches, outcome)
    if changes is not None:
        await batches.send(changes[0], one._partition, changes[1])
    await batches.acknowledged()
    if offsets:
        await producer.send_offsets_to_transaction({TopicPartition(*tp): offset for tp, offset in offsets.items()}, one._config.app)
    await producer.commit_transaction()


async def _write_apart(one: TransactionalSink, outputs: Mapping[str, Any], changelog: str, changes: Any) -> None:
    """Write without a transaction."""
    if not hasattr(one, "_plain"):
        one._plain = sink.AIOKafkaProducer(bootstrap_servers="", enable_idempotence=True)  # type: ignore[attr-defined]
        await one._plain.start()  # type: ignore[attr-defined]
    batches = sink._Batches(one._plain, one._partition, transactional=False)  # type: ignore[attr-defined]
    await one._send_outputs(batches, Outcome(outputs, (), lambda: None))
    if changes:
        await batches.send(changelog, one._partition, changes)
    await batches.acknowledged()


def changelog_apart() -> Fault:
    async def transaction(one: TransactionalSink, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        await _write_apart(one, {}, changelog, [*outcome.changes, (POSITION_KEY, position)])
        await _part_of_transaction(one, outcome, None, offsets)

    return _replaced_transaction(transaction)


def outputs_first() -> Fault:
    async def transaction(one: TransactionalSink, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        await _part_of_transaction(one, outcome, None, {})
        changes = [*outcome.changes, (POSITION_KEY, position)]
        await _part_of_transaction(one, replace(outcome, outputs={}), (changelog, changes), offsets)

    return _replaced_transaction(transaction)


def position_first() -> Fault:
    async def transaction(one: TransactionalSink, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        changes = [*outcome.changes, (POSITION_KEY, position)]
        await _part_of_transaction(one, replace(outcome, outputs={}), (changelog, changes), offsets)
        await _part_of_transaction(one, outcome, None, {})

    return _replaced_transaction(transaction)


def deltas_apart() -> Fault:
    whole = TransactionalSink._transaction

    async def transaction(one: TransactionalSink, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        deltas = {topic: records for topic, records in outcome.outputs.items() if topic.endswith("list-deltas")}
        others = {topic: records for topic, records in outcome.outputs.items() if topic not in deltas}
        await _write_apart(one, deltas, changelog, ())
        await whole(one, replace(outcome, outputs=others), changelog, position, offsets)

    return _replaced_transaction(transaction)


def failed_batch_ignored() -> Fault:
    async def acknowledged(batches: Any) -> None:
        await asyncio.gather(*batches._sent, return_exceptions=True)
        batches._sent.clear()

    return patch.object(sink._Batches, "acknowledged", acknowledged)


def failed_chunk_passed_over() -> Fault:
    whole = TransactionalSink._transaction

    async def transaction(one: TransactionalSink, *args: Any) -> None:
        try:
            await whole(one, *args)
        except KafkaError:
            await one._producer.abort_transaction()

    return _replaced_transaction(transaction)


def written_again() -> Fault:
    whole = TransactionalSink._transaction

    async def transaction(one: TransactionalSink, *args: Any) -> None:
        try:
            await asyncio.wait_for(whole(one, *args), 1.0)
        except TimeoutError:
            one._producer = sink.AIOKafkaProducer(  # type: ignore[attr-defined]
                transactional_id=one._producer.transactional_id, transaction_timeout_ms=int(one._config.transaction_timeout * 1000)
            )
            await one._producer.start()
            await whole(one, *args)

    return _replaced_transaction(transaction)


def nobody_fenced() -> Fault:
    starts, named = count(), TransportConfig.transactional_id
    return patch.object(
        TransportConfig, "transactional_id", lambda config, job, partition: f"{named(config, job, partition)}-{next(starts)}"
    )


def restored_before_fence() -> Fault:
    read = pipeline.restore  # type: ignore[attr-defined]

    async def open_sinks_after(config: TransportConfig, changelog: str, partitions: Any, *args: Any) -> dict[int, Restored]:
        found = await read(config, changelog, partitions, *args)
        job = changelog.removeprefix(f"{config.app}-").removesuffix("-changelog")
        await asyncio.gather(*[late[job, number].pop()() for number in partitions])
        return found

    late: dict[tuple[str, int], list[Any]] = {}

    class Late:
        """A sink that is opened when the changelog has been read."""

        def __init__(self, config: TransportConfig, job: str, number: int) -> None:
            self._sink = sink.sink_for(config, job, number)
            self.write, self.close = self._sink.write, self._sink.close
            late.setdefault((job, number), []).append(self._sink.open)

        async def open(self) -> None:
            """Not yet."""

    return patch.multiple(pipeline, restore=open_sinks_after, sink_for=Late)


def restored_too_little() -> Fault:
    async def read(consumer: Any, partitions: list[Any], found: dict[int, Restored], progress: Any) -> None:
        consumer.assign(partitions)
        for tp in partitions:
            for runs in (await consumer.getmany(tp, timeout_ms=200)).values():
                for records in runs:
                    found[tp.partition].add(records)
                    progress(tp.topic, len(records))

    return patch.object(restore, "_read", read)


@contextlib.contextmanager
def restored_uncommitted() -> Iterator[None]:
    made = restore.AIOKafkaConsumer  # type: ignore[attr-defined]  # as late as here it is the simulated one
    with patch.object(restore, "AIOKafkaConsumer", lambda **settings: made(**(settings | {"isolation_level": "read_uncommitted"}))):
        yield


def input_uncommitted() -> Fault:
    def create(thread: Any, transport: Any) -> Any:
        return faust_driver.AIOKafkaConsumerThread._create_worker_consumer(thread, transport)

    return patch.object(driver.ConsumerThread, "_create_worker_consumer", create)


def position_left_out() -> Fault:
    async def transaction(one: TransactionalSink, outcome: Outcome, changelog: str, position: bytes, offsets: Mapping[Any, int]) -> None:
        await _part_of_transaction(one, outcome, (changelog, outcome.changes) if outcome.changes else None, offsets)

    return _replaced_transaction(transaction)


def position_of_group() -> Fault:
    checked = restore._checked

    def position(tp: Any, position: int | None, committed: int | None, *args: Any) -> int:
        return checked(tp, position, None, *args) if committed is None else committed

    return patch.object(restore, "_checked", position)


def memory_kept() -> Fault:
    kept: dict[tuple[Pipeline[Any], int], Any] = {}
    make = Pipeline._make_part

    def make_part(one: Pipeline[Any], number: int, restored: Restored, committed: Mapping[Any, int]) -> Part[Any]:
        part = make(one, number, restored, committed)
        part.state = kept.setdefault((one, number), part.state)
        return part

    return patch.object(Pipeline, "_make_part", make_part)


def arrival_order() -> Fault:
    def merge(first: Queue, second: Queue, limit: int) -> tuple[Int64s, Int64s]:
        of_first = min(len(first.keys), limit)
        return np.arange(of_first), np.arange(of_first, min(of_first + len(second.keys), limit))

    return patch.object(step, "merge", merge)


def clock_not_looked_at() -> Fault:
    return patch.object(pipeline, "_LOOK_EVERY", 1e9)
