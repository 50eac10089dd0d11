"""A worker on the broker inside the process: at least once (architecture 3.5, 6)."""

import signal

from tests.transport.broker import produce, read
from tests.transport.toy import expected_counts
from transport.embedded import PARTITIONS
from transport.partitioning import partition_of

ROWS = 400
KEYS = [b"key-%d" % number for number in range(13)]


def settings(broker, **more):
    return {"brokers": broker.address, "app": "toy", "guarantee": "at_least_once", "chunk": 50, **more}


def rows_of(topic, count=ROWS):
    return [(KEYS[(7 * number + topic) % len(KEYS)], b"%d" % (3 * number // 2 + topic)) for number in range(count)]


def test_two_topics_are_one_sequence_and_a_second_agent_reads_what_the_first_writes(embedded, start):
    """Domain 2.5: what is there from the beginning is applied in the order of the merge, whatever the fetches and chunks were."""
    first, second = rows_of(0), rows_of(1)
    produce(embedded.address, "first", first)
    produce(embedded.address, "second", second)
    worker = start(**settings(embedded))
    assert worker.ready() == [0, 1, 2, 3]
    outputs = read(embedded.address, "out", 2 * ROWS)
    last = {key: [int(number) for number in value.split()] for key, value, *_ in outputs}
    assert last == expected_counts(first, second, PARTITIONS)
    assert all(partition == partition_of(key, PARTITIONS) for key, _, partition, _ in outputs)
    assert {headers[0] for *_, headers in outputs} == {("topic", b"0"), ("topic", b"1")}
    produce(embedded.address, "first", [(b"one more", b"1000000")])
    assert b"one more" in {key for key, *_ in read(embedded.address, "out", 2 * ROWS + 1)}
    assert worker.end() == 0


def test_a_new_worker_goes_on_where_the_last_one_ended(embedded, start):
    first, second = rows_of(0), rows_of(1)
    produce(embedded.address, "first", first[:200])
    worker = start(**settings(embedded))
    worker.ready()
    read(embedded.address, "out", 200)
    assert worker.end(signal.SIGINT) == 0
    produce(embedded.address, "first", first[200:])
    produce(embedded.address, "second", second)
    start(**settings(embedded)).ready()
    counts = sorted(int(value.split()[0]) for key, value, *_ in read(embedded.address, "out", 2 * ROWS) if key == KEYS[0])
    assert counts == list(range(1, len(counts) + 1))


def test_ticks_come_without_input_and_tell_that_nothing_waits(embedded, start):
    worker = start(**settings(embedded))
    worker.ready()
    produce(embedded.address, "first", [(KEYS[0], b"1")])
    ticks = read(embedded.address, "ticks", 3)
    assert [value for _, value, *_ in ticks] == [b"1 drained=1", b"2 drained=1", b"3 drained=1"]
    assert {partition for _, _, partition, _ in ticks} == {partition_of(KEYS[0], PARTITIONS)}, "without a key, to its own partition"


def test_records_that_wait_to_be_decoded_hold_only_what_must_come_after_them(embedded, start):
    """Two refusals, then all goes on, each row once."""
    produce(embedded.address, "first", [(KEYS[0], b"5"), (KEYS[0], b"later"), (KEYS[0], b"6")])
    produce(embedded.address, "second", rows_of(1, 20))
    start(**settings(embedded)).ready()
    assert len({(key, value) for key, value, *_ in read(embedded.address, "out", 23)}) == 23


def test_a_broker_that_is_not_there_ends_the_worker(start):
    worker = start(brokers="127.0.0.1:1", app="toy", stall_limit=1.0)
    assert worker.end(None) not in {0, -9}
    assert "127.0.0.1:1" in worker.output
