"""A topic read from its beginning, committed records only, for the commands that print it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from topologies.kafka import NoBrokerError, client

_BATCH: Final = 1_000
_POLL_SECONDS: Final = 0.1


def read_topic(
    brokers: str, topic: str, partitions: int, until_idle: float | None, timeout: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Message]]:
    """Every committed record of a topic, in the order of each partition, and those that come after, as they arrive.

    Args:
        brokers: ``host:port,...``
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
        unread = set(range(partitions))
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


_CONFIGURATION: Final = {
    "group.id": "dialstat-tail",  # the client asks for one; nothing is ever committed to it
    "enable.auto.commit": False,
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 100,
}


def _ends(message: Message, unread: set[int]) -> bool:
    """Whether this is the end of a partition instead of a record, and if so, note it."""
    error = message.error()
    if error is None:
        return False
    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's name of the code
        raise KafkaException(error)
    unread.discard(message.partition())
    return True
