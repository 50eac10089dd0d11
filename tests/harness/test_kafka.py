"""The broker that the tests start is a real one: it keeps transactions apart, refuses unknown topics, and survives its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from tests.harness.kafka import Kafka, write


def test_its_port_cannot_be_taken_by_a_reconnecting_client(kafka: Kafka) -> None:
    assert kafka.broker.port is not None
    assert kafka.broker.port < 32_768


def test_what_is_written_is_read_back_in_order(kafka: Kafka, topic_prefix: str) -> None:
    topic = topic_prefix + "plain"
    kafka.create_topics(topic, partitions=2)
    kafka.produce(topic, [(None, b"%d" % number) for number in range(3)], partition=1)
    kafka.produce(topic, [(None, b"tombstone"), (b"key", None)], partition=0)
    rows = [(row.partition, row.offset, row.key, row.value) for row in kafka.read_committed(topic)]
    assert rows == [(0, 0, None, b"tombstone"), (0, 1, b"key", None), (1, 0, None, b"0"), (1, 1, None, b"1"), (1, 2, None, b"2")]


def test_keys_go_where_murmur2_sends_them(kafka: Kafka, topic_prefix: str) -> None:
    """Contract 1: the partition of "foobar" under Kafka's murmur2 is known from Kafka's own tests: 0x7fffffff & -790332482."""
    topic = topic_prefix + "keyed"
    kafka.create_topics(topic, partitions=4)
    kafka.produce(topic, [(b"foobar", b"")])
    assert [row.partition for row in kafka.read_committed(topic)] == [(0x7FFFFFFF & -790332482) % 4]


def test_a_committed_transaction_is_seen_and_an_aborted_one_is_not(kafka: Kafka, topic_prefix: str, unique: Callable[[str], str]) -> None:
    topic = topic_prefix + "transactions"
    kafka.create_topics(topic)
    producer = kafka.transactional_producer(unique("writer"))
    for value, end in ((b"committed", producer.commit_transaction), (b"aborted", producer.abort_transaction)):
        producer.begin_transaction()
        write(producer, topic, [(b"key", value)])
        producer.flush()
        end()
    assert [row.value for row in kafka.read_committed(topic)] == [b"committed"]


def test_an_open_transaction_is_not_seen_until_it_is_settled(kafka: Kafka, topic_prefix: str, unique: Callable[[str], str]) -> None:
    topic = topic_prefix + "open"
    kafka.create_topics(topic, partitions=1)
    producer = kafka.transactional_producer(unique("writer"))
    producer.begin_transaction()
    write(producer, topic, [(b"key", b"inside")])
    producer.flush()
    kafka.produce(topic, [(b"key", b"behind")])
    assert kafka.read_committed(topic) == []
    producer.commit_transaction()
    assert [row.value for row in kafka.read_committed(topic)] == [b"inside", b"behind"]


def test_a_second_producer_of_the_same_name_fences_the_first(kafka: Kafka, topic_prefix: str, unique: Callable[[str], str]) -> None:
    topic, name = topic_prefix + "fenced", unique("writer")
    kafka.create_topics(topic, partitions=1)
    first = kafka.transactional_producer(name)
    first.begin_transaction()
    write(first, topic, [(b"key", b"of the former owner")])
    first.flush()
    kafka.transactional_producer(name)
    with pytest.raises(KafkaException) as refusal:
        first.commit_transaction()
    assert refusal.value.args[0].code() in {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED}
    assert kafka.read_committed(topic) == []


def test_a_topic_that_nobody_made_is_not_made_in_passing(kafka: Kafka, topic_prefix: str) -> None:
    topic = topic_prefix + "unknown"
    with pytest.raises(LookupError, match="there is no topic"):
        kafka.read_committed(topic)
    with pytest.raises(KafkaException):
        kafka.produce(topic, [(b"key", b"value")])
    assert topic not in kafka.topics()


def test_a_killed_broker_comes_back_on_its_port_with_what_it_had(own_kafka: Kafka) -> None:
    own_kafka.create_topics("kept", partitions=1)
    own_kafka.produce("kept", [(b"key", b"value")])
    port = own_kafka.broker.port
    own_kafka.broker.kill()
    assert not own_kafka.broker.running
    own_kafka.broker.start()
    assert own_kafka.broker.port == port
    assert [row.value for row in own_kafka.read_committed("kept")] == [b"value"]
