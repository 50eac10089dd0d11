"""A real Kafka as the tests see it: make topics, write, and read back what is committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.kafka.broker import Broker

PARTITIONER = "murmur2_random"
"""What every other Kafka client does with a key; librdkafka's own default differs."""
_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it was read."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Kafka:
    """A running broker and what tests do with it."""

    broker: Broker

    @property
    def bootstrap(self) -> str:
        """What clients are given: ``host:port``."""
        return self.broker.bootstrap

    @cached_property
    def admin(self) -> AdminClient:
        """The administration client; it lives as long as this object, because its futures end with it."""
        return AdminClient({"bootstrap.servers": self.bootstrap})

    @cached_property
    def producer(self) -> Producer:
        """An idempotent producer without transactions."""
        return Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "partitioner": PARTITIONER,
                "linger.ms": 0,
                "topic.metadata.propagation.max.ms": 1_000,
            }
        )

    def close(self) -> None:
        """End its clients, which otherwise go on looking for a broker that is gone."""
        for client in ("admin", "producer"):
            self.__dict__.pop(client, None)

    def create_topics(self, *names: str, partitions: int = 4, config: Mapping[str, str] | None = None) -> None:
        """Make topics and wait until they can be written to."""
        topics = [NewTopic(name, partitions, 1, config=dict(config or {})) for name in names]
        for future in self.admin.create_topics(topics, operation_timeout=_ANSWER_S).values():
            future.result(_ANSWER_S)

    def transactional_producer(self, transactional_id: str) -> Producer:
        """A producer with its transactions initialised, which fences the former one of that name."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "transactional.id": transactional_id, "partitioner": PARTITIONER})
        producer.init_transactions(_ANSWER_S)
        return producer

    def produce(self, topic: str, records: Iterable[tuple[bytes | None, bytes | None]], partition: int | None = None) -> None:
        """Write keys and values, by key or to one partition; back when all are acknowledged."""
        write(self.producer, topic, records, partition)
        if self.producer.flush(_ANSWER_S):
            raise TimeoutError(f"Kafka did not acknowledge records of {topic} in {_ANSWER_S:g} s")

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has; 0 if there is none."""
        return len(self.admin.list_topics(timeout=_ANSWER_S).topics[topic].partitions) if topic in self.topics() else 0

    def topics(self) -> frozenset[str]:
        """The names of all topics."""
        return frozenset(self.admin.list_topics(timeout=_ANSWER_S).topics)

    def read_committed(self, topic: str, partitions: Sequence[int] | None = None) -> list[Row]:
        """All that is committed in a topic now, partition by partition, by offset.

        Ends at the last stable offset: a transaction that is open holds back what comes after its beginning.
        """
        chosen = range(self.partitions(topic)) if partitions is None else partitions
        if not chosen:
            raise LookupError(f"there is no topic {topic}")
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "tests-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        try:
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in chosen])
            rows = _read_to_ends(consumer, set(chosen))
        finally:
            consumer.close()
        return sorted(rows, key=lambda row: (row.partition, row.offset))


def write(producer: Producer, topic: str, records: Iterable[tuple[bytes | None, bytes | None]], partition: int | None = None) -> None:
    """Hand records to a producer, waiting where its queue is full; a refused one raises KafkaException."""
    place: dict[str, Any] = {} if partition is None else {"partition": partition}
    for key, value in records:
        while True:
            try:
                producer.produce(topic, key=key, value=value, on_delivery=_raise_refused, **place)
                break
            except BufferError:
                producer.poll(1)
        producer.poll(0)


def _raise_refused(error: KafkaError | None, _message: Message) -> None:
    if error is not None:
        raise KafkaException(error)


def _read_to_ends(consumer: Consumer, unfinished: set[int]) -> list[Row]:
    rows = []
    while unfinished:
        message = consumer.poll(_ANSWER_S)
        if message is None:
            raise TimeoutError(f"partitions {sorted(unfinished)} were not read to their ends")
        error = message.error()
        if error is None:
            rows.append(_row(message))
        elif error.code() == KafkaError._PARTITION_EOF:
            unfinished.discard(message.partition())
        else:
            raise KafkaException(error)
    return rows


def _row(message: Message) -> Row:
    headers = tuple((name, value if isinstance(value, bytes) else str(value).encode()) for name, value in message.headers() or ())
    key, value = message.key(), message.value()
    return Row(message.topic(), message.partition(), message.offset(), key, value, message.timestamp()[1], headers)
