"""Writing an outcome (architecture 3.2, 3.5): together or not at all where there are transactions, else in an order that never forgets."""

import asyncio

import orjson
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import MessageSizeTooLargeError, ProducerFenced

from transport.config import TransportConfig
from transport.job import Outcome, Record
from transport.lifecycle import FatalError
from transport.partitioning import partition_of
from transport.sink import POSITION_KEY, AtLeastOnceSink, TransactionalSink, sink_for

CHANGES = [(b"key", b"state"), (b"gone", None)]
POSITION = orjson.dumps({"in": 5})


def outcome(topic, records):
    return Outcome({topic: records}, CHANGES, lambda: None)


@pytest.fixture
def config(kafka, topic_prefix):
    kafka.create_topics(topic_prefix + "in", topic_prefix + "out", topic_prefix + "log")
    return TransportConfig(brokers=kafka.bootstrap, app=topic_prefix + "app", partitions=4, topic_prefix=topic_prefix)


async def written(sink, config, records, topic="out"):
    """Write one outcome of source partition 1."""
    prefix = config.topic_prefix
    offsets = {TopicPartition(prefix + "in", 1): 5}
    await sink.write(outcome(prefix + topic, records), prefix + "log", POSITION, offsets)


async def opened(config, partition=1):
    sink = sink_for(config, "job", partition)
    await sink.open()
    return sink


@pytest.mark.parametrize(("guarantee", "kind"), [("exactly_once", TransactionalSink), ("at_least_once", AtLeastOnceSink)])
def test_the_guarantee_decides(guarantee, kind):
    async def chosen():
        sink = sink_for(TransportConfig("a:1", "app", 1, guarantee=guarantee), "job", 0)
        await sink.close()
        return type(sink)

    assert asyncio.run(chosen()) is kind


def test_outputs_state_and_position_are_written_and_outputs_go_by_their_keys(kafka, config):
    records = [(b"a", b"1"), Record(b"b", b"2", [("header", b"x")]), Record(None, b"3"), Record(b"a", None)]

    async def write():
        sink = await opened(config)
        await written(sink, config, records)
        await sink.close()

    asyncio.run(write())
    rows = kafka.read_committed(config.topic_prefix + "out")
    assert {(row.partition, row.key, row.value, row.headers) for row in rows} == {
        (partition_of(b"a", 4), b"a", b"1", ()),
        (partition_of(b"b", 4), b"b", b"2", (("header", b"x"),)),
        (1, None, b"3", ()),
        (partition_of(b"a", 4), b"a", None, ()),
    }
    log = kafka.read_committed(config.topic_prefix + "log")
    assert [(row.partition, row.key, row.value) for row in log] == [(1, key, value) for key, value in [*CHANGES, (POSITION_KEY, POSITION)]]


def test_a_new_owner_fences_the_former_one_and_undoes_what_it_left_open(kafka, config):
    """Architecture 3.2; rule 8."""

    async def write():
        former = await opened(config)
        await former._producer.begin_transaction()
        await former._producer.send_and_wait(config.topic_prefix + "out", b"left open", partition=0)
        successor = await opened(config)
        await written(successor, config, [(b"a", b"of the successor")])
        with pytest.raises(ProducerFenced):
            await former._producer.commit_transaction()
        await successor.close()
        await former.close()

    asyncio.run(write())
    assert [row.value for row in kafka.read_committed(config.topic_prefix + "out")] == [b"of the successor"]


def test_nothing_is_committed_if_one_batch_is_refused(kafka, config):
    """Rule 1: the commit itself would not notice."""
    kafka.create_topics(config.topic_prefix + "narrow", config={"max.message.bytes": "1000"})

    async def write():
        sink = await opened(config)
        with pytest.raises(MessageSizeTooLargeError):
            await written(sink, config, [(b"a", b"small"), (b"key-2", b"x" * 5_000)], topic="narrow")
        await (await opened(config)).close()  # fences, as the next worker would
        await sink.close()

    asyncio.run(write())
    assert kafka.read_committed(config.topic_prefix + "narrow") == []
    assert kafka.read_committed(config.topic_prefix + "log") == []


def test_a_record_larger_than_a_broker_takes_is_an_error_with_its_topic(config):
    async def write():
        sink = await opened(config)
        try:
            await written(sink, config, [(b"a", b"x" * 1_100_000)])
        finally:
            await (await opened(config)).close()
            await sink.close()

    with pytest.raises(FatalError, match=r"record of 1100\d{3} bytes for \S+out-\d"):
        asyncio.run(write())


def test_a_chunk_of_many_batches_keeps_its_order(kafka, config):
    values = [b"%d " % number + b"x" * 10_000 for number in range(300)]

    async def write():
        sink = await opened(config)
        await written(sink, config, [(b"a", value) for value in values])
        await sink.close()

    asyncio.run(write())
    assert [row.value for row in kafka.read_committed(config.topic_prefix + "out")] == values


def test_a_broker_that_does_not_answer_is_an_error_in_time():
    config = TransportConfig(brokers="127.0.0.1:1", app="app", partitions=1, stall_limit=0.2)

    async def open_sink():
        sink = sink_for(config, "job", 0)
        try:
            await sink.open()
        finally:
            await sink.close()

    with pytest.raises(FatalError, match=r"no broker answered within 0.2 s"):
        asyncio.run(open_sink())
