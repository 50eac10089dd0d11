"""What a worker can't go on from ends it with 70 and a message that names the place; it never hangs in silence.

The workers run all at once, each with an app and topics of its own, since what takes time is that they begin, and that they wait.
"""

import pytest

from tests.transport.broker import embedded_topics, produce
from tests.transport.workers import Worker
from transport.embedded import PARTITIONS, EmbeddedBroker
from transport.partitioning import partition_of

KEY = b"key"
PLACE = partition_of(KEY, PARTITIONS)
STALL_LIMIT = 8.0

CASES = {
    "undecodable": (
        "second",
        b"unreadable",
        rf"these records can't be read; agent counts, decoding \S+second-{PLACE} from.*--set-aside \S+second:{PLACE}:1",
    ),
    "panic": ("second", b"panic", rf"PanicError.*decoding \S+second-{PLACE} from offset 1"),
    "inapplicable": ("first", b"poison", rf"row can't be applied; .*--set-aside \S+first:{PLACE}:1; agent counts, partition {PLACE}"),
    "too-large": ("first", b"huge", rf"record of 419\d{{4}} bytes for \S+out-{PLACE} is larger"),
    "waiting": ("second", b"never", rf"no progress: agent counts, \S+second-{PLACE} at offset 1; its next records can't be decoded"),
    "no-broker": ("first", b"1", r"no answer from the broker: agent \w+, \S+ at offset \d"),
}


@pytest.fixture(scope="module")
def workers():
    """A worker for each case; the broker of the last is gone as soon as that is ready."""
    brokers = {case: EmbeddedBroker() for case in ("shared", "no-broker")}
    started = {}
    for case, (topic, value, _) in CASES.items():
        broker, prefix = brokers.get(case, brokers["shared"]), f"{case}-"
        embedded_topics(broker, prefix, app=f"{case}-toy")
        produce(broker.address, prefix + topic, [(KEY, b"0")])
        settings = {"app": f"{case}-toy", "topic_prefix": prefix, "guarantee": "at_least_once", "stall_limit": STALL_LIMIT}
        started[case] = Worker({"brokers": broker.address, **settings})
        started[case].after_ready = lambda address=broker.address, topic=prefix + topic, value=value: produce(
            address, topic, [(KEY, value)]
        )
    started["no-broker"].after_ready = brokers["no-broker"].close
    yield started
    for worker in started.values():
        worker.close()
    brokers["shared"].close()


@pytest.mark.parametrize("case", CASES)
def test_it_ends_with_the_place(workers, case):
    worker = workers[case]
    worker.ready()
    worker.after_ready()
    worker.wait_for(CASES[case][2])
    assert worker.end(None) == 70
