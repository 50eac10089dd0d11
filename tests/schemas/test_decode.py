"""Chunks of values to columns: every record, whatever the version of its writer, and no record by its neighbours."""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.avro import read_records
from kernels.fields import field_names, no_records
from kernels.texts import places_of
from schemas.decode import BadRecordError, Decoded, Decoder, read_one
from schemas.plan import Plan, columns_of, names_of, plan_for
from schemas.registry import SchemaPendingError
from schemas.wire import HEADER, header
from tests.schemas.samples import (
    EVENT,
    EVENT_ID,
    EVENT_SCHEMA,
    RESULT_ID,
    RESULT_SCHEMA,
    Schemas,
    encoded,
    event,
    events,
    flip_bits,
    results,
    splice,
)

OTHER = 77
Fields = dict[str, dict[str, Any]]


def decoder(known: dict[int, Any] | None = None, reader: Any = EVENT_SCHEMA) -> Decoder:
    return Decoder(reader, Schemas({EVENT_ID: EVENT_SCHEMA, RESULT_ID: RESULT_SCHEMA} | (known or {})))


def plan_of(schema: Any, reader: Any) -> Plan:
    return plan_for(schema, reader, names_of(columns_of(reader)))


def accepted(plan: Plan, values: list[bytes]) -> list[bool]:
    """Which values the compiled loop reads."""
    if plan.program is None:
        return [False] * len(values)
    places = places_of(values)
    columns = no_records(names_of(plan.columns), len(values), places.data)
    found: list[bool] = read_records(places, np.arange(len(values)), plan.program.steps, plan.program.symbols, columns).tolist()
    return found


def reasons(decoded: Decoded) -> list[tuple[int, str]]:
    return [(refused.row, refused.reason) for refused in decoded.refused]


def writer(change: Callable[[Fields, dict[str, Any]], object]) -> dict[str, Any]:
    """The schema of another writer of campaign events."""
    schema = deepcopy(EVENT_SCHEMA)
    change({field["name"]: field for field in schema["fields"]}, schema)
    return schema


@given(st.lists(events(), min_size=1, max_size=30))
def test_events_come_back_as_they_were_written(records: list[dict[str, Any]]) -> None:
    """Contract 2."""
    decoded = decoder().decode(places_of([encoded(EVENT_SCHEMA, EVENT_ID, record) for record in records]))
    assert list(decoded.records()) == records
    assert decoded.rows.tolist() == list(range(len(records)))
    assert decoded.refused == []


@given(st.lists(results(), min_size=1, max_size=30))
def test_results_come_back_as_they_were_written(records: list[dict[str, Any]]) -> None:
    """Contract 2."""
    decoded = decoder(reader=RESULT_SCHEMA).decode(places_of([encoded(RESULT_SCHEMA, RESULT_ID, record) for record in records]))
    assert list(decoded.records()) == records
    assert decoded.refused == []


@given(st.lists(results(), min_size=1, max_size=20))
def test_all_that_is_valid_is_read_by_the_loop(records: list[dict[str, Any]]) -> None:
    """Falling back to single records would be right, and a hundred times as slow."""
    plan = plan_of(RESULT_SCHEMA, RESULT_SCHEMA)
    assert accepted(plan, [encoded(RESULT_SCHEMA, RESULT_ID, record) for record in records]) == [True] * len(records)


def test_an_empty_chunk_has_the_columns_too() -> None:
    """Numbers are what is not text."""
    decoded = decoder().decode(places_of([]))
    names = decoded.columns.names
    assert {*names.texts, *names.numbers} == set(EVENT)
    assert set(names.numbers) == {"occurred_at", "kind", "personal", "records"}
    assert len(decoded.columns) == len(decoded.rows) == len(decoded.refused) == len(list(decoded.records())) == 0


def test_a_tombstone_is_malformed() -> None:
    """Contract 6."""
    assert reasons(decoder().decode(places_of([None, event(), None]))) == [(0, "malformed"), (2, "malformed")]


def test_an_unknown_id_is_an_unknown_schema() -> None:
    """Contract 6."""
    decoded = decoder().decode(places_of([event(), header(5) + event()[HEADER.size :]]))
    assert reasons(decoded) == [(1, "unknown_schema")]
    assert "5" in decoded.refused[0].detail


WRITERS: dict[str, Callable[[Fields, dict[str, Any]], object]] = {
    "the same": lambda fields, schema: None,
    "an older one without fields that have defaults": lambda fields, schema: schema.update(
        fields=[field for name, field in fields.items() if name not in {"tenant", "personal", "records"}]
    ),
    "a newer one with a field more": lambda fields, schema: schema["fields"].insert(2, {"name": "x", "type": ["null", "string"]}),
    "one with fields of other types": lambda fields, schema: schema["fields"].extend(
        [{"name": "m", "type": {"type": "map", "values": "long"}}, {"name": "d", "type": "double"}]
    ),
    "one with int for long": lambda fields, schema: fields["records"].update(type=["null", "int"]),
    "one that never writes null": lambda fields, schema: (fields["group"].pop("default"), fields["group"].update(type="string")),
    "one with null as the second branch": lambda fields, schema: (fields["group"].pop("default"), fields["group"]["type"].reverse()),
    "one with the fields in another order": lambda fields, schema: schema["fields"].reverse(),
    "one with the kinds in another order": lambda fields, schema: fields["kind"]["type"]["symbols"].reverse(),
    "one with more kinds": lambda fields, schema: fields["kind"]["type"]["symbols"].insert(0, "Unheard"),
    "one with a default of its kinds": lambda fields, schema: fields["kind"]["type"].update(default="AgentError", doc="kinds"),
    "one with properties of its own": lambda fields, schema: fields["event_id"].update(
        type={"type": "string", "avro.java.string": "String"}
    ),
    "one of another namespace": lambda fields, schema: schema.update(namespace="org.example"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_other_versions_of_a_writer_are_read(name: str) -> None:
    """Contract 2: a reader's defaults for what is absent, unknown fields dropped, int as long."""
    schema = writer(WRITERS[name])
    record = EVENT | {"tenant": "", "personal": None, "records": None} | {"x": "y", "m": {"a": 1}, "d": 0.5}
    value = encoded(schema, OTHER, record)
    reading = decoder({OTHER: schema})
    decoded = reading.decode(places_of([value, value, event(event_id="own"), value]))
    own = [EVENT | {"event_id": "own"}]
    expected = [{name: record[name] for name in EVENT}]
    assert list(decoded.records()) == expected * 2 + own + expected
    assert decoded.rows.tolist() == [0, 1, 2, 3]
    plan = plan_of(schema, EVENT_SCHEMA)
    assert (plan.program is None) == (name == "one with fields of other types")
    if plan.program is not None:
        assert accepted(plan, [value] * 2) == [True] * 2


def by_itself(plan: Plan, value: bytes) -> Any:
    """What reading a value by itself comes to: its fields, or the reason why it has none."""
    try:
        return read_one(plan, value[HEADER.size :])
    except BadRecordError as bad:
        return bad.reason


DAMAGES = (lambda rng, value: value, flip_bits, splice, lambda rng, value: value[: rng.randrange(HEADER.size, len(value))])


@given(st.sampled_from(sorted(WRITERS)), st.lists(events(), min_size=1, max_size=8), st.integers(0, 1 << 30))
def test_what_becomes_of_a_record_is_the_same_on_both_ways(name: str, records: list[dict[str, Any]], seed: int) -> None:
    """What the loop accepts, reading by itself accepts, with the same fields; the loop accepts all that a strict schema lets pass."""
    schema, rng = writer(WRITERS[name]), random.Random(seed)
    plan = plan_of(schema, EVENT_SCHEMA)
    values = []
    for record in records:
        count = None if record["records"] is None else record["records"] % 1000
        whole = encoded(schema, OTHER, record | {"x": None, "m": {}, "d": 0.5, "group": record["group"] or "", "records": count})
        values.append(header(OTHER) + rng.choice(DAMAGES)(rng, whole)[HEADER.size :])
    decoded = decoder({OTHER: schema}).decode(places_of(values))
    found = dict(zip(decoded.rows.tolist(), decoded.records(), strict=True))
    told = dict(reasons(decoded))
    expected = {row: by_itself(plan, value) for row, value in enumerate(values)}
    assert found | told == expected
    good = [isinstance(one, dict) for one in expected.values()]
    by_loop = accepted(plan, values)
    assert all(fine or not read for fine, read in zip(good, by_loop, strict=True))
    assert by_loop == good or not plan.strict or name == "one with int for long"


def test_only_the_fields_that_are_asked_for_become_columns_and_the_others_must_be_right_too() -> None:
    names = field_names(("campaign",), ("kind",))
    reading = Decoder(EVENT_SCHEMA, Schemas(), names)
    decoded = reading.decode(places_of([event(), event()[:-1] + b"\x03", event()]))
    assert list(decoded.records()) == [{"campaign": EVENT["campaign"], "kind": EVENT["kind"]}] * 2
    assert reasons(decoded) == [(1, "malformed")]


def test_a_kind_that_only_the_writer_knows_is_an_unknown_kind() -> None:
    """Contract 6: it costs itself, and is never read as another one."""
    schema = writer(WRITERS["one with more kinds"])
    values = [encoded(schema, OTHER, EVENT | {"kind": kind}) for kind in ("AgentError", "Unheard", "GroupRemoved")]
    decoded = decoder({OTHER: schema}).decode(places_of(values))
    assert [record["kind"] for record in decoded.records()] == ["AgentError", "GroupRemoved"]
    assert reasons(decoded) == [(1, "unknown_kind")]
    assert "Unheard" in decoded.refused[0].detail


INCOMPATIBLE: dict[str, Any] = {
    "no record": "string",
    "not Avro": "PROTOBUF",
    "nothing": None,
    "a list": ["null", "string"],
    "a broken record": {"type": "record", "name": "CampaignEvent", "fields": [{"name": "x", "type": "nothing"}]},
    "a nameless record": {"type": "record", "name": 5, "fields": []},
    "a record of many names": writer(lambda fields, schema: schema.update(name=["null", "CampaignEvent"])),
    "an enum without symbols": writer(lambda fields, schema: fields["kind"]["type"].pop("symbols")),
    "another record": RESULT_SCHEMA,
    "a field less that has no default": writer(lambda fields, schema: schema["fields"].remove(fields["campaign"])),
    "a text for a time": writer(lambda fields, schema: fields["occurred_at"].update(type="string")),
    "null where we have none": writer(lambda fields, schema: fields["campaign"].update(type=["null", "string"])),
    "a text for an enum": writer(lambda fields, schema: fields["kind"].update(type="string")),
}


@pytest.mark.parametrize("name", INCOMPATIBLE)
def test_a_schema_that_cannot_be_read_as_ours_is_incompatible(name: str) -> None:
    """Contract 6."""
    decoded = decoder({OTHER: INCOMPATIBLE[name]}).decode(places_of([event(), header(OTHER) + event()[HEADER.size :], event()]))
    assert reasons(decoded) == [(1, "incompatible_schema")]
    assert decoded.rows.tolist() == [0, 2]
    assert str(OTHER) in decoded.refused[0].detail


class Asked(Schemas):
    """A registry that has yet to answer for some ids; notes which it was asked for."""

    def schema(self, schema_id: int) -> Any:
        if schema_id not in self.known:
            self.known[schema_id] = EVENT_SCHEMA
            raise SchemaPendingError(schema_id, None)  # type: ignore[arg-type]
        return super().schema(schema_id)


def test_all_ids_of_a_chunk_are_asked_for_before_one_is_waited_for() -> None:
    """Else a chunk with many wrong ids would wait for each in turn."""
    reading = Decoder(EVENT_SCHEMA, Asked())
    values = [header(schema_id) + event()[HEADER.size :] for schema_id in range(1, 50)]
    with pytest.raises(SchemaPendingError):
        reading.decode(places_of(values))
    assert len(reading.decode(places_of(values)).rows) == len(values)


def test_what_is_known_is_read_although_something_else_is_pending() -> None:
    reading = Decoder(EVENT_SCHEMA, Asked())
    with pytest.raises(SchemaPendingError):
        reading.decode(places_of([event(), header(OTHER) + event()[HEADER.size :]]))
    assert list(reading.decode(places_of([event()])).records()) == [EVENT]
