"""What a record of the dead-letter topic tells, and which are asked for: contract 6."""

import orjson
import pytest

from agents.letters import Letter, dead_letters, read_headers
from schemas.contracts import CALL_RESULT
from schemas.records import RecordReader, RecordWriter
from schemas.registry import BuiltinRegistry
from tests.agents.partition import Source
from topologies.dead_letters import Place, Wanted, letter_of
from topologies.retries import Retry, retried_headers, retries_of

REGISTRY = BuiltinRegistry()
FIELDS = {"event_id": "e", "campaign": "spring", "calling_list": "l", "occurred_at": 1, "kind": "CallCompleted", "call_result": 33}
RECORD = RecordWriter(CALL_RESULT, REGISTRY.id_for("call-results", CALL_RESULT)).encode({**FIELDS, "tenant": "t"})


class Message:
    """A record as the client hands it over."""

    def __init__(self, key, value, headers=None, at=1_000):
        self._parts = {"key": key, "value": value, "headers": headers, "timestamp": (1, at)}

    def __getattr__(self, name):
        return lambda: {"topic": "dead-letters", "partition": 1, "offset": 7, **self._parts}[name]


def found(value=RECORD, key=b"t/spring", headers=(), reason="future"):
    (made,) = dead_letters(2, [Letter("call-results", Source(5, 900, key, value, tuple(headers)), reason, "why")])
    return letter_of(Message(made.key, made.value, list(made.headers)), RecordReader(REGISTRY))


def test_a_letter_tells_whence_why_and_what():
    letter = found(headers=[("trace", b"1")])
    assert (letter.place, letter.at, letter.reason, letter.detail) == (Place("dead-letters", 1, 7), 1_000, "future", "why")
    assert (letter.origin, letter.written_at, letter.headers) == (Place("call-results", 2, 5), 900, [("trace", b"1")])
    assert (letter.campaign, letter.attempt, letter.retry_of, letter.unreadable) == ("t/spring", 0, None, None)


@pytest.mark.parametrize(
    ("value", "key", "campaign"),
    [
        (RECORD, b"other", "t/spring"),
        (b"bad", b"spring", "spring"),
        (b"bad", b"\xff", None),
        (b"bad", None, None),
        (None, b"", None),
        (orjson.dumps({"campaign": "json"}), b"other", "json"),
        (orjson.dumps({"campaign": 7}), b"other", None),
        (orjson.dumps(["campaign"]), b"key", "key"),
    ],
)
def test_the_campaign_is_the_event_s_or_of_what_can_not_be_read_the_key_s(value, key, campaign):
    assert found(value, key).campaign == campaign


def test_headers_of_the_same_name_that_came_with_a_record_are_not_believed():
    letter = found(headers=[("dialstat.topic", b"forged"), ("dialstat.reason", b"none"), ("dialstat.attempt", b"many")])
    assert (letter.origin.topic, letter.reason, letter.attempt) == ("call-results", "future", 0)
    assert letter.headers == [("dialstat.topic", b"forged"), ("dialstat.reason", b"none"), ("dialstat.attempt", b"many")]


@pytest.mark.parametrize("headers", [None, [("dialstat.reason", b"future")], [("dialstat.reason", None), ("x", None)]])
def test_what_is_no_letter_of_ours_is_none(headers):
    assert letter_of(Message(b"k", b"v", headers), RecordReader(REGISTRY)) is None


@pytest.mark.parametrize("number", [b"", b"--5", b"5-", b"9" * 5_000, "²".encode(), b"1.5", None])
@pytest.mark.parametrize("name", ["partition", "offset", "timestamp"])
def test_what_has_no_number_where_one_belongs_is_none(name, number):
    (made,) = dead_letters(2, [Letter("call-results", Source(5), "future", "why")])
    headers = [(given, number if given == f"dialstat.{name}" else value) for given, value in made.headers]
    assert letter_of(Message(b"k", b"v", headers), RecordReader(REGISTRY)) is None


@pytest.mark.parametrize("count", [b"9" * 5_000, "²".encode(), b"-1", b""])
def test_a_count_of_attempts_that_is_none_is_none(count):
    assert found(headers=[("dialstat.attempt", count)]).attempt == 0


def test_what_is_sent_again_says_so_once_and_is_counted_on():
    once = retried_headers(found(headers=[("trace", b"1"), ("trace", b"2")]))
    assert once == [("trace", b"1"), ("trace", b"2"), ("dialstat.retried", b"dead-letters:1:7"), ("dialstat.attempt", b"1")]
    again = found(headers=once)
    assert (again.attempt, again.retry_of) == (1, "dead-letters:1:7")
    assert retried_headers(again)[2:] == [("dialstat.retried", b"dead-letters:1:7"), ("dialstat.attempt", b"2")]
    assert read_headers(once)[0] == {}


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Wanted(), True),
        (Wanted(reasons=frozenset({"future", "anomaly"})), True),
        (Wanted(reasons=frozenset({"anomaly"})), False),
        (Wanted(topics=frozenset({"campaign-events"})), False),
        (Wanted(campaign="spring"), True),
        (Wanted(campaign="t/spring"), True),
        (Wanted(campaign="t"), False),
        (Wanted(since=1_000, until=1_001), True),
        (Wanted(until=1_000), False),
        (Wanted(since=1_001), False),
        (Wanted(places=frozenset({Place("dead-letters", 1, 7)}), reasons=frozenset({"anomaly"})), False),
    ],
)
def test_all_conditions_must_be_met(wanted, takes):
    assert wanted.takes(found()) is takes


def test_the_last_note_of_a_letter_counts_unless_the_topic_was_made_anew():
    def note(key, value):
        return Message(key, None if value is None else orjson.dumps(tuple(value)))

    retry = Retry(5, "call-results:2:9", "call-results:2:5", 1_000)
    notes = retries_of([note(b"dead-letters:1:7", retry), note(b"dead-letters:0:1", retry), note(b"dead-letters:0:1", None)])
    assert notes == {"dead-letters:1:7": retry}
    assert retry.is_of(found())
    assert not retry._replace(letter_at=999).is_of(found())
    assert not retry._replace(origin="call-results:2:4").is_of(found())
