"""Workers on a real Kafka: every row exactly once and in its order, whatever happens to them (architecture 3; domain 7.5, 7.6)."""

import json
import signal

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from tests.transport.broker import read
from tests.transport.conftest import topics_on
from tests.transport.toy import expected_counts
from tests.transport.workers import Supervisor
from transport.sink import POSITION_KEY

ROWS = 10_000
KEYS = [b"key-%d" % number for number in range(23)]
FIRST = [(KEYS[(7 * number) % len(KEYS)], b"%d" % (3 * number // 2)) for number in range(ROWS)]
SECOND = [(KEYS[(5 * number + 1) % len(KEYS)], b"%d" % (number + 1)) for number in range(ROWS)]


def outputs(kafka, prefix, count):
    """The outputs, when there are so many: (key, how many rows of it are counted)."""
    return [(key, int(value.split()[0])) for key, value, *_ in read(kafka.bootstrap, f"{prefix}out", count)]


def state(kafka, changelog):
    """What a changelog says of each key, without the positions."""
    return {row.key: row.value for row in kafka.read_committed(changelog) if row.key != POSITION_KEY}


def totals(kafka, changelog, expected):
    """The totals of the second agent, once they add up."""
    while (found := {key: int(value) for key, value in state(kafka, changelog).items()}) != expected:
        assert sum(found.values()) < sum(expected.values()), found
    return found


def assert_each_once(rows, expected):
    numbers = {key: sorted(number for of_key, number in rows if of_key == key) for key in KEYS}
    assert numbers == {key: list(range(1, count + 1)) for key, (count, _) in expected.items()}


def load(kafka, prefix, first, second):
    kafka.produce(f"{prefix}first", first)
    kafka.produce(f"{prefix}second", second)


def test_each_row_counts_once_when_a_worker_is_killed_and_others_join(kafka, topic_prefix, toy, start):
    load(kafka, topic_prefix, FIRST, SECOND)
    victim = start(**toy, chunk=20)
    assert victim.ready() == [0, 1, 2, 3]
    outputs(kafka, topic_prefix, 1)
    victim.end(signal.SIGKILL)
    before = len(kafka.read_committed(f"{topic_prefix}out"))
    assert 0 < before < 2 * ROWS, "it was killed amid its work"

    second = start(**toy, chunk=500)
    third = start(**toy, chunk=200)
    expected = expected_counts(FIRST, SECOND, 4)
    assert_each_once(outputs(kafka, topic_prefix, 2 * ROWS), expected)
    counted = state(kafka, f"{topic_prefix}{toy['app']}-counts-changelog")
    assert {key: json.loads(value) for key, value in counted.items()} == expected
    totals(kafka, f"{topic_prefix}{toy['app']}-totals-changelog", {b"total-0": ROWS, b"total-1": ROWS})
    for worker in (second, third):
        assert worker.end() == 0, worker.output
    assert len(kafka.read_committed(f"{topic_prefix}out")) == 2 * ROWS


def test_partitions_are_shared_and_a_worker_that_slept_through_its_session_ends_itself(kafka, topic_prefix, toy, start):
    """Rules 8, 20: what it had open is undone, and it can't write any more."""
    sleeper = start(**toy)
    assert sleeper.ready() == [0, 1, 2, 3]
    other = start(**toy)
    shares = [other.ready(), sleeper.ready()]
    assert sorted(shares[0] + shares[1]) == [0, 1, 2, 3]
    assert all(shares)
    load(kafka, topic_prefix, FIRST[:1_000], SECOND[:1_000])
    outputs(kafka, topic_prefix, 2_000)
    sleeper.process.send_signal(signal.SIGSTOP)
    assert other.ready() == [0, 1, 2, 3]
    load(kafka, topic_prefix, FIRST[1_000:3_000], SECOND[1_000:3_000])
    rows = outputs(kafka, topic_prefix, 6_000)
    sleeper.process.send_signal(signal.SIGCONT)
    assert_each_once(rows, expected_counts(FIRST[:3_000], SECOND[:3_000], 4))
    assert other.end() == 0, other.output
    assert sleeper.end() in {0, 70}, sleeper.output
    assert len(kafka.read_committed(f"{topic_prefix}out")) == 6_000


def test_the_group_knows_how_far_everything_was_read_when_nothing_more_comes(kafka, topic_prefix, toy, start):
    """Rule 5: most transactions do not tell the group, but what it knows is no more than a second behind."""
    worker = start(**toy, chunk=50)
    worker.ready()
    load(kafka, topic_prefix, FIRST[:1_000], SECOND[:1_000])
    outputs(kafka, topic_prefix, 2_000)
    places = [TopicPartition(f"{topic_prefix}{topic}", number) for topic in ("first", "second") for number in range(4)]
    asked = ConsumerGroupTopicPartitions(toy["app"], places)
    told = 0
    while told < 2_000:
        (found,) = kafka.admin.list_consumer_group_offsets([asked]).values()
        told = sum(max(place.offset, 0) for place in found.result(20).topic_partitions)
    assert told == 2_000
    assert worker.end() == 0, worker.output


def test_transactions_of_the_source_that_were_aborted_are_not_applied(kafka, topic_prefix, toy, unique, start):
    """Rule 7: markers and aborted records are holes in the offsets, also at the end, where nothing follows them."""
    producer = kafka.transactional_producer(unique("source"))
    for number in range(40):
        producer.begin_transaction()
        for topic in ("first", "second"):
            producer.produce(f"{topic_prefix}{topic}", key=KEYS[0], value=b"%d" % number)
        producer.flush()
        producer.abort_transaction() if number % 2 else producer.commit_transaction()
    worker = start(**toy)
    worker.ready()
    rows = outputs(kafka, topic_prefix, 20)
    assert rows == [(KEYS[0], number) for number in range(1, 21)]
    assert b"drained=1" in read(kafka.bootstrap, f"{topic_prefix}ticks", 1)[0][1]
    assert worker.end() == 0


def test_input_that_is_deleted_before_it_was_read_ends_the_worker(kafka, topic_prefix, toy, start):
    """Rule 19."""
    worker = start(**toy, chunk=50)
    worker.ready()
    worker.process.send_signal(signal.SIGSTOP)
    kafka.produce(f"{topic_prefix}first", FIRST[:1], partition=2)  # answers the fetch that the stopped worker had sent
    kafka.produce(f"{topic_prefix}first", FIRST[1:5_000], partition=2)
    for future in kafka.admin.delete_records([TopicPartition(f"{topic_prefix}first", 2, 5_000)]).values():
        future.result(20)
    worker.process.send_signal(signal.SIGCONT)
    worker.wait_for(r"input lost: .*first")
    assert worker.end(None) == 70


def test_topics_of_an_agent_with_different_partitions_end_the_worker(kafka, topic_prefix, unique, start):
    """Rule 29: its topics and its changelog go to one worker together, or not at all."""
    settings = topics_on(kafka, topic_prefix, unique("toy"), wider="second")
    worker = start(**settings)
    worker.wait_for("the topics of agent counts were assigned apart")
    assert worker.end(None) == 70


def test_a_broker_that_crashes_and_comes_back_is_gone_on_with(own_kafka, start):
    """A worker rides out a restart, or ends and is started anew (rule 13): each row counts once either way."""
    settings = topics_on(own_kafka, "", "toy")
    worker = start(**settings)
    worker.ready()
    load(own_kafka, "", FIRST[:2_000], SECOND[:2_000])
    outputs(own_kafka, "", 1)
    own_kafka.broker.kill()
    own_kafka.close()
    own_kafka.broker.start()
    load(own_kafka, "", FIRST[2_000:4_000], SECOND[2_000:4_000])
    supervisor = Supervisor(worker, lambda: start(**settings))
    try:
        rows = outputs(own_kafka, "", 8_000)
    finally:
        supervisor.stop()
    assert_each_once(rows, expected_counts(FIRST[:4_000], SECOND[:4_000], 4))
