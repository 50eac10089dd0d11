"""The shipped schemas: contract 2 field by field, and compatible with all that was ever released."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from typing import Any

import avro.schema
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

from engine.catalog import ACTIONS, EVENT_KINDS, RESULT_KINDS
from schemas.contracts import (
    CALL_RESULT,
    CAMPAIGN_ACTION,
    CAMPAIGN_EVENT,
    LIST_DELTA,
    STATISTIC_REPORT,
    contract,
    current_text,
    fields_of,
    history,
)
from schemas.registry import TOPICS

NAMES = (CAMPAIGN_EVENT, CALL_RESULT, CAMPAIGN_ACTION, STATISTIC_REPORT, LIST_DELTA)
COMPATIBLE = SchemaCompatibilityType.compatible
FIELDS = {
    CAMPAIGN_EVENT: "event_id tenant campaign group? calling_list? occurred_at@ kind dial_mode? personal? records?",
    CALL_RESULT: "event_id tenant campaign group? calling_list occurred_at@ kind call_result record_id? chain_id? chain_n? attempt? "
    "dialed_at@? answered_at@? ended_at@?",
    CAMPAIGN_ACTION: "action_id event_id tenant campaign group? calling_list? objects action phase occurred_at@ begun_at@? "
    "duration_ms? count call_result?",
    STATISTIC_REPORT: "object_type tenant campaign? group? calling_list? profile window_start@ as_of@ revision final values state? "
    "inputs complete_from",
}


def signature(field: dict[str, Any]) -> str:
    """Name, @ if it is a time, ? if it may be null."""
    kind = field["type"]
    nullable = isinstance(kind, list)
    if nullable:
        assert kind[0] == "null"
        assert field["default"] is None
        kind = kind[1]
    time = isinstance(kind, dict) and kind.get("logicalType") == "timestamp-millis"
    return str(field["name"]) + "@" * time + "?" * nullable


def readable(reader: str, writer: str) -> bool:
    pair = avro.schema.parse(reader), avro.schema.parse(writer)
    return bool(ReaderWriterCompatibilityChecker().get_compatibility(*pair).compatibility == COMPATIBLE)


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_those_of_the_contract(name: str) -> None:
    """Contract 2."""
    schema = contract(name).schema
    assert " ".join(signature(field) for field in schema["fields"]) == FIELDS[name]
    assert schema["namespace"] == "dialstat"


def test_names_are_those_of_the_domain() -> None:
    """Contract 2; domain 2.1, 2.2, the table of actions."""
    assert tuple(fields_of(contract(CAMPAIGN_EVENT).schema)["kind"]["symbols"]) == tuple(EVENT_KINDS)
    assert set(fields_of(contract(CALL_RESULT).schema)["kind"]["symbols"]) == set(RESULT_KINDS)
    assert fields_of(contract(CAMPAIGN_ACTION).schema)["action"]["symbols"] == [action.name for action in ACTIONS]
    with files("engine").joinpath("tables", "actions.csv").open() as table:
        assert len(list(csv.DictReader(table))) == len(ACTIONS) == 109


def test_no_enum_swallows_names_that_it_does_not_know() -> None:
    """Contract 6: an unknown kind is a dead letter, so it must not be read as a default."""
    assert not [name for name in NAMES if '"default": "' in contract(name).text.replace('"default": ""', "")]


def test_every_topic_has_its_record() -> None:
    """Contract 1."""
    assert set(TOPICS.values()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_newest_version_is_the_present_one(name: str) -> None:
    versions = history(name)
    assert [version.version for version in versions] == list(range(1, len(versions) + 1))
    assert current_text(name) == contract(name).text, f"{name}.avsc was changed: add the next version to avsc/history/{name}"


@pytest.mark.parametrize("name", NAMES)
def test_each_version_reads_all_before_it(name: str) -> None:
    """BACKWARD_TRANSITIVE."""
    versions = history(name)
    broken = [(a.version, b.version) for a in versions for b in versions[: a.version] if not readable(a.text, b.text)]
    assert broken == []


@pytest.mark.parametrize("name", NAMES)
def test_the_check_finds_what_would_break(name: str) -> None:
    wanting = contract(name).schema
    wanting["fields"].append({"name": "later", "type": "string"})
    narrowed = contract(name).schema
    narrowed["fields"][0]["type"] = "int"
    assert not readable(json.dumps(wanting), contract(name).text)
    assert not readable(json.dumps(narrowed), contract(name).text)
    wanting["fields"][-1]["default"] = ""
    assert readable(json.dumps(wanting), contract(name).text)
