"""Where to begin to read so that the page has its last minutes at once, at a cost that has a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from web.curve import REACH_MS

MOST: Final = 20_000
"""At most so many records of a partition are read again, however busy the last minutes were."""

LEAST: Final = 1_000
"""At least so many, if there are: a campaign that rests has its last report further back."""

_TIMEOUT: Final = 5.0


class MissingTopicError(LookupError):
    """The broker has no such topic yet."""


def starts(consumer: Consumer, topics: Sequence[str], now_ms: int) -> list[TopicPartition]:
    """Every partition of the topics with the offset to begin at: that of a quarter of an hour ago, within the limits.

    Brokers that don't know offsets by time, as the embedded one, give the most that is allowed.

    Raises:
        MissingTopicError: a topic is not there.
        KafkaException: no broker answers.
    """
    partitions = [place for topic in topics for place in _partitions(consumer, topic)]
    ago = now_ms - REACH_MS
    found = consumer.offsets_for_times([TopicPartition(place.topic, place.partition, ago) for place in partitions], timeout=_TIMEOUT)
    offsets = {(place.topic, place.partition): place.offset for place in found if place.error is None}
    for place in partitions:
        low, end = consumer.get_watermark_offsets(place, timeout=_TIMEOUT, cached=False)
        place.offset = _within(offsets.get((place.topic, place.partition), -1), low, end)
    return partitions


def _within(found: int, low: int, end: int) -> int:
    wanted = found if low <= found < end else low
    return max(low, end - MOST, min(wanted, end - LEAST))


def _partitions(consumer: Consumer, topic: str) -> list[TopicPartition]:
    known = consumer.list_topics(topic, timeout=_TIMEOUT).topics[topic]
    if known.error is not None and known.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise KafkaException(known.error)
    if not known.partitions:
        raise MissingTopicError(f"the broker has no topic {topic} yet")
    return [TopicPartition(topic, number) for number in known.partitions]
