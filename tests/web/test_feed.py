"""The feed reads the statistics topics only while somebody watches, says when it can't, and recovers (domain 7.1, 7.6)."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from confluent_kafka import Producer

from tests.harness.kafka import Kafka
from tests.web.site import report
from tests.web.waiting import until
from transport.embedded import EmbeddedBroker
from web.board import Board, Phase
from web.feed import ReportFeed

TOPICS = ("campaign-statistics", "calling-list-statistics")
Make = Callable[..., ReportFeed]


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker()
    yield broker
    broker.close()


@pytest.fixture
def feeds() -> Iterator[Make]:
    """Makes feeds, and closes them at the end."""
    made = []

    def make(board: Board, address: str, topics: tuple[str, ...] = TOPICS, linger: float = 60.0) -> ReportFeed:
        client = {"bootstrap.servers": address, "broker.address.family": "v4", "log_level": 0}
        made.append(ReportFeed(board, client, topics, json.loads, linger))
        return made[-1]

    yield make
    for feed in made:
        feed.close()


def write(address: str, topic: str, *values: Any) -> None:
    """Put values on a topic: reports, or bytes as they are."""
    producer = Producer({"bootstrap.servers": address, "log_level": 0})
    for value in values:
        producer.produce(topic, value if isinstance(value, bytes) else json.dumps(value), key=b"spring")
    assert producer.flush(10) == 0


def dials(board: Board) -> list[float]:
    panels = [entry["profiles"]["today"] for entry in board.snapshot()["objects"]]
    return sorted(panel["values"]["DialsMade"] for panel in panels)


def test_what_was_before_and_what_comes_after(embedded: EmbeddedBroker, feeds: Make) -> None:
    board = Board()
    listed = report({"DialsMade": 2.0}, object_type="CallingList", campaign=None, calling_list="a")
    write(embedded.address, TOPICS[0], report({"DialsMade": 5.0}))
    write(embedded.address, TOPICS[1], listed)
    feed = feeds(board, embedded.address)
    assert board.source.phase is Phase.IDLE
    feed.watch()
    until(lambda: board.source.phase is Phase.LIVE, "caught up")
    assert dials(board) == [2, 5]
    write(embedded.address, TOPICS[0], report({"DialsMade": 6.0}, as_of=11_000))
    until(lambda: dials(board) == [2, 6], "the report that came after")


def test_a_record_that_is_no_report_costs_itself_only(embedded: EmbeddedBroker, feeds: Make) -> None:
    board = Board()
    write(embedded.address, TOPICS[0], b"\xff", b"{}", b"", report({"DialsMade": 5.0}))
    write(embedded.address, TOPICS[1], b"[]")
    feeds(board, embedded.address).watch()
    until(lambda: board.source.phase is Phase.LIVE, "caught up")
    assert dials(board) == [5]
    assert board.snapshot()["unreadable"] == 4


def test_it_ends_when_nobody_has_watched_for_a_while_and_begins_anew(embedded: EmbeddedBroker, feeds: Make) -> None:
    board = Board()
    write(embedded.address, TOPICS[0], report({"DialsMade": 5.0}))
    write(embedded.address, TOPICS[1], b"")
    feed = feeds(board, embedded.address, linger=0.0)
    for _ in range(2):
        feed.watch()
        feed.watch()
        until(lambda: board.source.phase is Phase.LIVE, "caught up")
        feed.leave()
        write(embedded.address, TOPICS[0], report({"DialsMade": 6.0}, as_of=11_000))
        until(lambda: dials(board) == [6], "a report while one is left")
        feed.leave()
        until(lambda: board.source.phase is Phase.IDLE, "the end of reading")


def test_topics_that_are_not_there_are_waited_for(embedded: EmbeddedBroker, feeds: Make) -> None:
    board = Board()
    write(embedded.address, TOPICS[0], report({"DialsMade": 5.0}))
    feeds(board, embedded.address).watch()
    until(lambda: board.source.phase is Phase.MISSING, "the missing topic told")
    assert TOPICS[1] in board.source.detail
    write(embedded.address, TOPICS[1], b"")
    until(lambda: board.source.phase is Phase.LIVE, "the topic found")
    assert dials(board) == [5]


def test_no_broker_is_told(feeds: Make) -> None:
    board = Board()
    feeds(board, "127.0.0.1:9").watch()
    until(lambda: board.source.phase is Phase.LOST, "the loss told")
    assert board.source.stale_since
    assert board.source.detail


def test_what_happens_while_the_broker_is_away_is_told_and_caught_up(own_kafka: Kafka, feeds: Make) -> None:
    board = Board()
    own_kafka.create_topics(*TOPICS)
    own_kafka.produce(TOPICS[0], [(b"spring", json.dumps(report({"DialsMade": 5.0})).encode())])
    feeds(board, own_kafka.bootstrap).watch()
    until(lambda: board.source.phase is Phase.LIVE, "caught up")
    own_kafka.broker.stop()
    until(lambda: board.source.phase is Phase.LOST, "the loss told")
    assert board.source.stale_since is not None
    assert dials(board) == [5]
    own_kafka.broker.start()
    until(lambda: board.source.phase is Phase.LIVE, "the broker found again", seconds=60)
    assert board.source.stale_since is None
    own_kafka.produce(TOPICS[0], [(b"spring", json.dumps(report({"DialsMade": 6.0}, as_of=11_000)).encode())])
    until(lambda: dials(board) == [6], "a report after the loss")


def test_only_committed_reports_are_shown(kafka: Kafka, feeds: Make, topic_prefix: str, unique: Callable[[str], str]) -> None:
    """Domain 7.6: what an aborted transaction wrote was never published."""
    topics = (f"{topic_prefix}a", f"{topic_prefix}b")
    kafka.create_topics(*topics, partitions=1)
    producer = kafka.transactional_producer(unique("writer"))
    for as_of, end in ((11_000, producer.commit_transaction), (12_000, producer.abort_transaction)):
        producer.begin_transaction()
        producer.produce(topics[0], json.dumps(report({"DialsMade": float(as_of)}, as_of=as_of)))
        producer.flush(10)
        end(10)
    board = Board()
    feeds(board, kafka.bootstrap, topics).watch()
    until(lambda: board.source.phase is Phase.LIVE, "caught up")
    assert dials(board) == [11_000]


def test_it_begins_a_quarter_of_an_hour_ago_within_limits(
    kafka: Kafka, feeds: Make, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.start.LEAST", 3)
    monkeypatch.setattr("web.start.MOST", 6)
    assert _read_from(kafka, feeds, f"{topic_prefix}old", old=10, new=1) == 8
    assert _read_from(kafka, feeds, f"{topic_prefix}some", old=5, new=5) == 5
    assert _read_from(kafka, feeds, f"{topic_prefix}many", old=1, new=9) == 4


def _read_from(kafka: Kafka, feeds: Make, topic: str, old: int, new: int) -> int:
    """Offset of the first record read, of `old` ones written an hour ago and `new` ones written now."""
    kafka.create_topics(topic, partitions=1)
    hour_ago = _now() - 3_600_000
    for number in range(old + new):
        value = json.dumps(report({"DialsMade": float(number)}, campaign=str(number)))
        kafka.producer.produce(topic, value, timestamp=hour_ago if number < old else _now())
    assert kafka.producer.flush(10) == 0
    board = Board()
    feeds(board, kafka.bootstrap, (topic,)).watch()
    until(lambda: board.source.phase is Phase.LIVE, "caught up")
    read = dials(board)
    assert read == list(range(int(read[0]), old + new))
    return int(read[0])


def _now() -> int:
    return Board().now_ms()


def test_a_feed_that_is_closed_stays_closed(embedded: EmbeddedBroker, feeds: Make) -> None:
    board = Board()
    feed = feeds(board, embedded.address)
    with closing(feed):
        feed.watch()
    feed.watch()
    assert board.source.phase is Phase.IDLE
