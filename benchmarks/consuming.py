"""The least that a worker must do: consume a topic by the same client, and decode its values to columns as it does."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from kernels.texts import places_of
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT, contract
from schemas.decode import Decoder
from schemas.registry import BuiltinRegistry


def events_per_cpu_second(bootstrap: str, prefix: str, count: int) -> float:
    """Of this process, over all ``count`` events on the input topics."""
    return count / asyncio.run(_cpu_seconds(bootstrap, prefix, count))


async def _cpu_seconds(bootstrap: str, prefix: str, count: int) -> float:
    registry = BuiltinRegistry()
    records = {f"{prefix}campaign-events": CAMPAIGN_EVENT, f"{prefix}call-results": CALL_RESULT}
    decoders = {topic: Decoder(contract(record).schema, registry) for topic, record in records.items()}
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for topic in decoders for number in await _partitions(consumer, topic)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        return await _read(consumer, decoders, count)
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> list[int]:  # noqa: ANN401 (aiokafka is not typed)
    await consumer._client.force_metadata_update()  # noqa: SLF001 (its public calls tell of subscribed topics only)
    return sorted(consumer._client.cluster.partitions_for_topic(topic))  # noqa: SLF001


async def _read(consumer: Any, decoders: dict[str, Decoder], count: int) -> float:  # noqa: ANN401 (aiokafka is not typed)
    began, read = time.process_time(), 0
    while read < count:
        for place, records in (await consumer.getmany(timeout_ms=200, max_records=8_000)).items():
            read += len(decoders[place.topic].decode(places_of([record.value for record in records])).rows)
    return time.process_time() - began
