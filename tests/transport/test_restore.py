"""Reading a changelog (architecture 3.2): committed records, to the end, and never on from where something is missing (rules 7, 19, 24)."""

import asyncio

import orjson
import pytest
from confluent_kafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from tests.harness.kafka import write
from transport.config import TransportConfig
from transport.lifecycle import FatalError
from transport.records import SourceRecord, records_of
from transport.restore import Restored, restore
from transport.sink import POSITION_KEY


@pytest.fixture
def names(kafka, topic_prefix):
    kafka.create_topics(topic_prefix + "in", topic_prefix + "log", partitions=2)
    return topic_prefix + "in", topic_prefix + "log"


def restored(kafka, names, committed=None, partitions=(0, 1)):
    source, log = names
    seen = []
    config = TransportConfig(brokers=kafka.bootstrap, app="app", partitions=2)
    offsets = {(source, partition): offset for partition, offset in (committed or {}).items()}
    found = asyncio.run(restore(config, log, partitions, [source], offsets, lambda _, records: seen.append(records)))
    assert sum(seen) == sum(one.count for one in found.values())
    return found


def position(source, offset):
    return (POSITION_KEY, orjson.dumps({source: offset}))


def test_the_last_value_of_each_key_counts_and_a_tombstone_deletes():
    written = [(b"a", b"1"), (b"b", b"1"), (b"a", b"2"), (b"b", None), position("in", 3), position("in", 7), (b"c", None), (b"", b"")]
    for cut in range(len(written)):
        found = read(written[:cut], written[cut:])
        assert (found.records, found.positions, found.count) == ({b"a": b"2", b"": b""}, {"in": 7}, 8)


def read(*runs):
    found = Restored()
    for run in runs:
        found.add(records_of(SourceRecord(0, 0, key, value) for key, value in run))
    found.settle()
    return found


KEYS = st.sampled_from([b"", b"a", b"b", b"aa", b"ab", POSITION_KEY + b"x"])


@given(st.lists(st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=2)), max_size=20), max_size=4))
def test_it_is_what_a_dictionary_would_hold(runs):
    expected = {key: value for run in runs for key, value in run}
    assert read(*runs).records == {key: value for key, value in expected.items() if value is not None}


def test_a_record_without_a_key_is_none_of_ours():
    with pytest.raises(FatalError, match="state is damaged: a changelog has records without a key"):
        read([(b"a", b"1"), (None, b"1")])


def test_a_damaged_position_that_was_written_over_means_nothing():
    assert read([(POSITION_KEY, b"{"), position("in", 3)]).positions == {"in": 3}


@pytest.mark.parametrize(
    "value", [b"", b"{", b"[]", b"7", b'{"in": "7"}', b'{"in": -1}', b'{"in": 1.5}', b'{"in": true}', b'{"in": null}', b"\xff"]
)
def test_a_damaged_position_is_refused_with_a_message(value):
    with pytest.raises(FatalError, match="state is damaged: the position record of a changelog is b"):
        read([(POSITION_KEY, value)])


def test_without_a_changelog_it_begins_at_the_beginning(kafka, names):
    kafka.produce(names[0], [(b"a", b"1")], partition=0)
    found = restored(kafka, names)
    assert [(found[partition].records, found[partition].positions) for partition in (0, 1)] == [({}, {names[0]: 0})] * 2


def test_only_what_was_committed_is_read(kafka, names, unique):
    source, log = names
    kafka.produce(source, [(b"a", b"1")] * 5, partition=1)
    producer = kafka.transactional_producer(unique("writer"))
    for number, end in ((2, producer.commit_transaction), (4, producer.abort_transaction)):
        producer.begin_transaction()
        write(producer, log, [(b"a", b"%d" % number), position(source, number)], partition=1)
        producer.flush()
        end()
    found = restored(kafka, names)
    assert found[1].records == {b"a": b"2"}
    assert found[1].positions == {source: 2}
    assert found[0].records == {}


def test_a_group_that_has_read_without_a_changelog_has_lost_its_state(kafka, names):
    """Rule 24: the changelog was deleted or made anew."""
    with pytest.raises(FatalError, match=r"state lost: the group has read \S+in-1 to 5, but \S+log holds no position"):
        restored(kafka, names, {1: 5})


def test_a_group_beyond_the_position_has_lost_its_state(kafka, names):
    kafka.produce(names[0], [(b"a", b"1")] * 5, partition=0)
    kafka.produce(names[1], [position(names[0], 3)], partition=0)
    assert restored(kafka, names, {0: 3})[0].positions == {names[0]: 3}
    assert restored(kafka, names, {0: 2})[0].positions == {names[0]: 3}, "an old group offset means nothing (rule 5)"
    with pytest.raises(FatalError, match=r"state lost: the group has read \S+in-0 to 4, beyond the position 3"):
        restored(kafka, names, {0: 4})


def test_a_source_that_ends_before_the_position_was_made_anew(kafka, names):
    kafka.produce(names[1], [position(names[0], 3)], partition=0)
    with pytest.raises(FatalError, match=r"input lost: \S+in-0 is to be read from 3 but holds 0 to 0"):
        restored(kafka, names)


def test_a_source_that_begins_behind_the_position_was_kept_too_short(kafka, names):
    """Rule 19: aiokafka by itself would go on at the beginning, and say nothing."""
    kafka.produce(names[0], [(b"a", b"1")] * 5, partition=0)
    kafka.produce(names[1], [position(names[0], 1)], partition=0)
    for future in kafka.admin.delete_records([TopicPartition(names[0], 0, 4)]).values():
        future.result(20)
    with pytest.raises(FatalError, match=r"input lost: \S+in-0 is to be read from 1 but holds 4 to 5"):
        restored(kafka, names)
