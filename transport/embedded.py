"""A broker inside the process, to try out and to demonstrate: librdkafka's mock cluster (architecture 6).

It speaks Kafka's protocol on a local port and keeps everything in memory. It has no transactions worth the name, no compaction, and
makes topics, of four partitions, when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from confluent_kafka import Producer

PARTITIONS: Final = 4
"""Of every topic; the mock cluster knows no other number."""

_TIMEOUT: Final = 10.0


class EmbeddedBroker:
    """Runs until ``close``; ``address`` is what clients in this or another process of the machine connect to."""

    def __init__(self) -> None:
        self._host = Producer({"bootstrap.servers": "", "test.mock.num.brokers": 1, "log_level": 3})
        brokers = self._host.list_topics(timeout=_TIMEOUT).brokers
        (broker,) = brokers.values()
        self.address = f"{broker.host}:{broker.port}"

    def create_topics(self, topics: Iterable[str]) -> None:
        """Make topics by asking for them."""
        for topic in topics:
            self._host.list_topics(topic, timeout=_TIMEOUT)

    def close(self) -> None:
        """End the broker and forget all it held."""
        del self._host
