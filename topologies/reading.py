"""Topics read from their beginning, committed records only, for the commands that print or check them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from topologies.kafka import GROUP_OF_COMMANDS, NoBrokerError, client
from transport.security import Brokers

Place: TypeAlias = tuple[str, int]
"""(topic, partition)."""

_BATCH: Final = 1_000
_POLL_SECONDS: Final = 0.1


def read_topic(
    brokers: Brokers, topic: str, partitions: int, until_idle: float | None, timeout: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Message]]:
    """Every committed record of a topic, in the order of each partition, and those that come after, as they arrive.

    Args:
        brokers: where to connect.
        topic: its full name.
        partitions: how many it has.
        until_idle: end when all was read and nothing came for so many seconds; None reads on for ever.
        timeout: seconds in which the ends of all partitions must be heard of, or records come.
        clock: seconds.

    Raises:
        NoBrokerError: the broker was silent for longer than ``timeout`` before all was read.
        KafkaException: the broker refused.
    """
    consumer = Consumer({**client(brokers), **_CONFIGURATION})
    try:
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(partitions)])
        unread = {(topic, partition) for partition in range(partitions)}
        heard = clock()
        while True:
            messages = consumer.consume(_BATCH, _POLL_SECONDS)
            records = [message for message in messages if not _ends(message, unread)]
            if records:
                yield records
                heard = clock()
            silent = clock() - heard
            if unread and silent > timeout:
                raise NoBrokerError(brokers, timeout)
            if until_idle is not None and not unread and silent >= until_idle:
                return
    finally:
        consumer.close()


def read_up_to(
    brokers: Brokers, last: Mapping[Place, int], timeout: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Message]]:
    """Every committed record of some partitions up to an offset of each, or to its end if that comes before.

    Raises:
        NoBrokerError: the broker was silent for longer than ``timeout`` before all was read.
        KafkaException: the broker refused.
    """
    consumer = Consumer({**client(brokers), **_CONFIGURATION})
    unread = set(last)
    try:
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in sorted(last)])
        heard = clock()
        while unread:
            messages = [message for message in consumer.consume(_BATCH, _POLL_SECONDS) if not _ends(message, unread)]
            records = [message for message in messages if message.offset() <= last[_place(message)]]
            if messages:
                heard = clock()
            elif clock() - heard > timeout:
                raise NoBrokerError(brokers, timeout)
            reached = {_place(message) for message in messages if message.offset() >= last[_place(message)]} & unread
            if reached:
                consumer.pause([TopicPartition(*place) for place in reached])
                unread -= reached
            if records:
                yield records
    finally:
        consumer.close()


def read_one(brokers: Brokers, place: Place, offset: int, timeout: float) -> Message | None:
    """The committed record at an offset; None if there is none.

    Raises:
        NoBrokerError: the broker was silent for longer than ``timeout``.
        KafkaException: the broker refused.
    """
    consumer = Consumer({**client(brokers), **_CONFIGURATION})
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(*place), timeout=timeout)
        if not low <= offset < high:
            return None
        consumer.assign([TopicPartition(*place, offset)])
        message = consumer.poll(timeout)
        if message is None:
            raise NoBrokerError(brokers, timeout)
        return message if not _ends(message, set()) and message.offset() == offset else None
    finally:
        consumer.close()


def extents(brokers: Brokers, places: Iterable[Place], timeout: float) -> dict[Place, tuple[int, int]]:
    """The first offset that each partition still has, and the end of what it has.

    Raises:
        KafkaException: the broker refused, or was silent for longer than ``timeout``.
    """
    consumer = Consumer({**client(brokers), **_CONFIGURATION})
    try:
        return {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=timeout) for place in places}
    finally:
        consumer.close()


_CONFIGURATION: Final = {
    "group.id": GROUP_OF_COMMANDS,
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 100,
}


def _place(message: Message) -> Place:
    return message.topic(), message.partition()


def _ends(message: Message, unread: set[Place]) -> bool:
    """Whether this is the end of a partition instead of a record, and if so, note it."""
    error = message.error()
    if error is None:
        return False
    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's name of the code
        raise KafkaException(error)
    unread.discard(_place(message))
    return True
