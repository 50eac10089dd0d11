"""The commands that talk to Kafka, on a real one: contract 1, 4, 5."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from schemas.wire import record_key
from topologies.declaration import declare
from topologies.sources import load_settings

LINES = [
    {"event_id": "e1", "kind": "CampaignActivated", "campaign": "spring", "group": "north", "occurred_at": 1_700_000_000_000},
    {
        "event_id": "c1",
        "kind": "CallCompleted",
        "campaign": "spring",
        "calling_list": "l",
        "occurred_at": 1_700_000_001_000,
        "call_result": 33,
    },
    {"event_id": "e2", "kind": "CampaignActivated", "campaign": "spring", "group": "n", "tenant": "t", "occurred_at": 1_700_000_002_000},
    {"event_id": "x1", "kind": "Nonsense", "campaign": "spring"},
    {
        "event_id": "c2",
        "kind": "CallCompleted",
        "campaign": "spring",
        "calling_list": "l",
        "occurred_at": 1_700_000_003_000,
        "call_result": "busy",
    },
    {
        "event_id": "c3",
        "kind": "LeadProcessed",
        "campaign": "autumn",
        "calling_list": "l",
        "occurred_at": 1_700_000_004_000,
        "call_result": 7,
    },
]


@pytest.fixture(name="run")
def _run(kafka, topic_prefix, monkeypatch):
    monkeypatch.setenv("DIALSTAT_BROKERS", kafka.bootstrap)
    monkeypatch.setenv("DIALSTAT_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments, stdin=None: CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture(name="events")
def _events(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(line) + "\n\n" for line in LINES))
    return file


def make(kafka, name, partitions):
    """Make a topic and wait until every part of the broker knows it."""
    kafka.create_topics(name, partitions=partitions)
    while kafka.partitions(name) != partitions:
        pass


def printed(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_topics_are_made_once_and_listed(kafka, topic_prefix, run):
    assert run("topics", "list").exit_code == 1
    made = run("topics", "create", "--partitions", "3")
    assert made.exit_code == 0
    names = {topic.name for topic in declare(load_settings({"topic_prefix": topic_prefix}).settings).topics}
    assert names <= kafka.topics()
    assert {kafka.partitions(name) for name in names} == {3}
    assert run("topics", "create", "--partitions", "3").stdout == "all topics are there\n"
    listed = run("topics", "list")
    assert listed.exit_code == 0
    assert listed.stdout.count("ok") == len(names)
    assert listed.stdout.count("compact") == 3


def test_another_number_of_partitions_is_refused_and_nothing_made(kafka, topic_prefix, run):
    make(kafka, f"{topic_prefix}campaign-events", 2)
    result = run("topics", "create")
    assert result.exit_code == 1
    assert f"{topic_prefix}campaign-events has 2 partitions, the setting `partitions` says 4" in result.stderr
    assert f"{topic_prefix}call-results" not in kafka.topics()


def test_what_differs_from_the_declaration_is_listed(kafka, topic_prefix, run):
    make(kafka, f"{topic_prefix}campaign-events", 2)
    make(kafka, f"{topic_prefix}call-results", 3)
    make(kafka, f"{topic_prefix}dialstat-lists-changelog", 2)
    result = run("topics", "list")
    assert result.exit_code == 1
    assert "has 3 partitions, the inputs have 2: they must have the same" in result.stdout
    assert "has cleanup.policy=delete, must be compact" in result.stdout
    assert "missing: run `dialstat topics create`" in result.stdout


def test_a_file_is_loaded_and_printed_in_the_same_form(kafka, topic_prefix, run, events):
    run("topics", "create", "--partitions", "1")
    loaded = run("load", events)
    assert loaded.exit_code == 0
    assert "line 7 not sent: 'Nonsense'" in loaded.stderr
    assert "5 events loaded; 1 lines of no known kind were not" in loaded.stderr
    control = printed(run("tail", "campaign-events", "--until-idle", "0"))
    assert [{name: value for name, value in event.items() if value not in {None, ""}} for event in control] == [LINES[0], LINES[2]]
    results = printed(run("tail", f"{topic_prefix}call-results", "--until-idle", "0", "--offsets"))
    assert [(result.get("event_id"), result["offset"]) for result in results] == [("c1", 0), (None, 1), ("c3", 2)]
    assert results[0]["topic"] == f"{topic_prefix}call-results"


def test_records_are_keyed_and_placed_as_the_contract_says(kafka, topic_prefix, run, events):
    """Contract 1: the key is the campaign, ``tenant/campaign`` where there is a tenant; its murmur2 picks the partition."""
    run("topics", "create")
    run("load", events)
    rows = kafka.read_committed(f"{topic_prefix}campaign-events")
    assert {row.key for row in rows} == {record_key("", "spring"), record_key("t", "spring")} == {b"spring", b"t/spring"}
    kafka.produce(f"{topic_prefix}campaign-actions", [(row.key, b"x") for row in rows])
    elsewhere = {row.key: row.partition for row in kafka.read_committed(f"{topic_prefix}campaign-actions")}
    assert elsewhere == {row.key: row.partition for row in rows}


def test_standard_input_is_loaded_at_a_rate(run, events):
    run("topics", "create")
    assert run("load", "-", "--rate", "1000", stdin=events.read_bytes()).exit_code == 0


def test_loading_without_topics_names_the_command_that_makes_them(run, events):
    result = run("load", events)
    assert result.exit_code == 1
    assert "dialstat topics create" in result.stderr


def test_a_topic_that_is_not_there_is_told(run):
    result = run("tail", "campaign-action", "--until-idle", "0")
    assert result.exit_code == 2
    assert "ours are campaign-events, call-results, campaign-actions" in result.stderr


def test_only_committed_records_are_printed(kafka, topic_prefix, run):
    """Contract 4: from the beginning, committed records only."""
    topic = f"{topic_prefix}campaign-actions"
    make(kafka, topic, 1)
    producer = kafka.transactional_producer(topic)
    for value, end in (
        (b"first", producer.commit_transaction),
        (b"dropped", producer.abort_transaction),
        (b"last", producer.commit_transaction),
    ):
        producer.begin_transaction()
        producer.produce(topic, value, b"k")
        end()
    assert [record["value_base64"] for record in printed(run("tail", topic, "--until-idle", "0"))] == ["Zmlyc3Q=", "bGFzdA=="]


def test_dead_letters_are_printed_with_reason_source_and_event(kafka, topic_prefix, run, events):
    """Contract 6."""
    run("topics", "create", "--partitions", "1")
    run("load", events)
    received = kafka.read_committed(f"{topic_prefix}call-results")
    headers = {
        "dialstat.reason": "too_late",
        "dialstat.detail": "d",
        "dialstat.topic": "call-results",
        "dialstat.partition": "0",
        "dialstat.offset": "7",
    }
    for row in received[:2]:
        kafka.producer.produce(f"{topic_prefix}dead-letters", row.value, row.key, headers=[*headers.items(), ("trace", b"\xff")])
    kafka.producer.flush()
    readable, other = printed(run("tail", "dead-letters", "--until-idle", "0"))
    assert readable["event"]["event_id"] == "c1"
    assert {name: readable[name] for name in ("reason", "detail", "source", "key", "headers")} == {
        "reason": "too_late",
        "detail": "d",
        "source": {"topic": "call-results", "partition": 0, "offset": 7},
        "key": "spring",
        "headers": [["trace", "/w=="]],
    }
    assert other["value_base64"]


def test_simulated_events_go_straight_to_kafka(run):
    run("topics", "create", "--partitions", "1")
    assert run("simulate", "--kafka", "--fast", "--count", "60").exit_code == 0
    sent = [event for topic in ("campaign-events", "call-results") for event in printed(run("tail", topic, "--until-idle", "0"))]
    made = printed(run("simulate", "--fast", "--count", "60"))
    assert sorted(event["event_id"] for event in sent) == sorted(event["event_id"] for event in made)
