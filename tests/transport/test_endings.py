"""Workers that end on a real Kafka: what they leave behind, how fast, and what they say."""

import signal
import time

import pytest
from confluent_kafka.admin import AdminClient

from tests.transport.broker import read
from tests.transport.test_workers import FIRST, SECOND, load

IN_TIME = 10.0


def members(kafka, group):
    """How many the group has now."""
    found = AdminClient({"bootstrap.servers": kafka.bootstrap})
    return len(found.describe_consumer_groups([group], request_timeout=20)[group].result(20).members)


def end_in_time(worker, how=signal.SIGTERM):
    began = time.monotonic()
    code = worker.end(how)
    assert time.monotonic() - began < IN_TIME
    return code


def test_sigterm_amid_work_commits_or_undoes_and_leaves_the_group(kafka, topic_prefix, toy, start):
    """Nobody has to wait for the session of one that is gone, nor for a transaction that it has left open."""
    worker = start(**toy, chunk=20)
    worker.ready()
    load(kafka, topic_prefix, FIRST, SECOND)
    read(kafka.bootstrap, f"{topic_prefix}out", 1)
    assert end_in_time(worker) == 0, worker.output
    assert members(kafka, toy["app"]) == 0
    committed = len(kafka.read_committed(f"{topic_prefix}out"))
    assert 0 < committed < len(FIRST) + len(SECOND), "it was ended amid its work"
    changelog = kafka.read_committed(f"{topic_prefix}{toy['app']}-counts-changelog")
    assert changelog, "an open transaction would hide what follows it"


@pytest.mark.timeout(120)
def test_one_with_a_name_comes_back_to_its_partitions_and_others_go_on_undisturbed(kafka, topic_prefix, toy, start):
    """Static membership: within the session timeout nothing moves."""
    settings = {**toy, "session_timeout": 20.0}
    first = start(**settings, instance="first")
    assert first.ready() == [0, 1, 2, 3]
    other = start(**settings, instance="other")
    shares = [first.ready(), other.ready()]
    assert sorted(shares[0] + shares[1]) == [0, 1, 2, 3]
    assert end_in_time(first) == 0, first.output
    assert members(kafka, toy["app"]) == 2, "it keeps its place"
    again = start(**settings, instance="first")
    assert again.ready() == shares[0]
    load(kafka, topic_prefix, FIRST[:500], SECOND[:500])
    read(kafka.bootstrap, f"{topic_prefix}out", 1_000)
    assert end_in_time(other) == 0
    assert other.output.count("ready") == 1, other.output
    assert end_in_time(again) == 0


def test_one_that_was_fenced_says_so(kafka, topic_prefix, toy, start):
    """Rule 8: another has its transactional id."""
    worker = start(**toy)
    worker.ready()
    for partition in range(4):
        kafka.transactional_producer(f"{toy['app']}-counts-{partition}")
    load(kafka, topic_prefix, FIRST[:100], SECOND[:100])
    worker.wait_for(r"counts-\d was fenced: another worker has taken its partition.*Start it again")
    assert worker.end(None) == 70


def test_two_of_one_name_do_not_go_on_both(kafka, topic_prefix, toy, start):
    """A mistake of the operator: whoever is fenced ends, and nothing is counted twice."""
    first = start(**toy, instance="same")
    first.ready()
    second = start(**toy, instance="same")
    assert second.ready() == [0, 1, 2, 3]
    load(kafka, topic_prefix, FIRST[:100], SECOND[:100])
    assert len(read(kafka.bootstrap, f"{topic_prefix}out", 200)) == 200
    for worker in (first, second):
        assert end_in_time(worker) in {0, 70}, worker.output
    assert len(kafka.read_committed(f"{topic_prefix}out")) == 200
