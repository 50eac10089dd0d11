"""Writing to and reading from a broker, embedded or real, while workers run."""

from __future__ import annotations

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from tests.transport.workers import CHANGELOGS, TOPICS
from transport.embedded import PARTITIONS
from transport.partitioning import partition_of

_ANSWER_S = 30.0


def embedded_topics(broker, prefix="", app="toy"):
    """Make the topics of the toy agents."""
    broker.create_topics([*(prefix + name for name in TOPICS), *(f"{prefix}{app}-{name}-changelog" for name in CHANGELOGS)])


def produce(address, topic, rows):
    """Write keys and values."""
    producer = Producer({"bootstrap.servers": address, "enable.idempotence": True})
    for key, value in rows:
        producer.produce(topic, key=key, value=value, partition=partition_of(key, PARTITIONS))
    assert producer.flush(20) == 0


def read(address, topic, count):
    """The first ``count`` committed records, as they come: (key, value, partition, headers)."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(PARTITIONS)])
    try:
        found = []
        while len(found) < count:
            messages = consumer.consume(count - len(found), timeout=_ANSWER_S)
            assert messages, f"{len(found)} of {count} records in {topic}"
            found += [(message.key(), message.value(), message.partition(), message.headers()) for message in messages]
        return found
    finally:
        consumer.close()
