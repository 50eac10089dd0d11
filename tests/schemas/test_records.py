"""Records one by one: contract 1, 2."""

import pytest

from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordReader, RecordWriter, UnreadableError
from schemas.registry import BuiltinRegistry
from tests.schemas.samples import Schemas

EVENT = {
    "event_id": "e1",
    "tenant": "",
    "campaign": "spring",
    "group": "north",
    "calling_list": None,
    "occurred_at": 1_700_000_000_123,
    "kind": "DialingStarted",
    "dial_mode": "Predict",
    "personal": None,
    "records": None,
}


@pytest.fixture(name="registry")
def _registry():
    return BuiltinRegistry()


def test_what_is_written_is_read_again_times_as_numbers(registry):
    value = RecordWriter(CAMPAIGN_EVENT, registry.id_for("campaign-events", CAMPAIGN_EVENT)).encode(EVENT)
    assert value[0] == 0
    assert RecordReader(registry).decode(value) == EVENT


def test_absent_fields_take_their_default(registry):
    """Contract 4: absent fields mean their default."""
    short = {name: EVENT[name] for name in ("event_id", "campaign", "occurred_at", "kind")}
    written = RecordWriter(CAMPAIGN_EVENT, registry.id_for("campaign-events", CAMPAIGN_EVENT)).encode(short)
    assert RecordReader(registry).decode(written) == EVENT | {"group": None, "dial_mode": None}


@pytest.mark.parametrize("change", [{"kind": "Unheard"}, {"occurred_at": None}, {"group": 3}, {"campaign": None}])
def test_what_does_not_fit_is_refused(registry, change):
    with pytest.raises(ValueError, match=r"."):
        RecordWriter(CAMPAIGN_EVENT, registry.id_for("campaign-events", CAMPAIGN_EVENT)).encode(EVENT | change)


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: None,
        lambda value: b"",
        lambda value: b"{}",
        lambda value: value[:-1],
        lambda value: value + b"x",
        lambda value: b"\0\0\0\0\1" + value[5:],
    ],
)
def test_what_is_no_record_is_told(registry, damage):
    value = RecordWriter(CALL_RESULT, registry.id_for("call-results", CALL_RESULT)).encode(
        {"event_id": "e", "campaign": "c", "calling_list": "l", "occurred_at": 1, "kind": "CallCompleted", "call_result": 33}
    )
    with pytest.raises(UnreadableError):
        RecordReader(registry).decode(damage(value))


@pytest.mark.parametrize("schema", ["PROTOBUF", None, {"type": "record", "name": "x", "fields": [{"name": "a", "type": "nothing"}]}])
def test_what_has_no_schema_of_avro_is_told(schema):
    with pytest.raises(UnreadableError, match="schema 9 is not one of Avro"):
        RecordReader(Schemas({9: schema})).decode(b"\0\0\0\0\x09abc")
