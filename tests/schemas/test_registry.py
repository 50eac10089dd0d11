"""Ids and schemas: built in, and from a registry that others wrote, up or down (contract 5)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kernels.texts import places_of
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT, STATISTIC_REPORT, contract
from schemas.decode import Decoder
from schemas.registry import (
    TOPICS,
    BuiltinRegistry,
    ConfluentRegistry,
    RegistryError,
    SchemaPendingError,
    UnknownSchemaError,
    open_registry,
)
from schemas.wire import HEADER, header
from tests.schemas.registry_process import RegistryProcess
from tests.schemas.samples import EVENT, EVENT_SCHEMA, RESULT_SCHEMA, encoded, event

LONG = 30
TOPIC = "p.campaign-events"
Connect = Callable[..., ConfluentRegistry]
NEWER = deepcopy(EVENT_SCHEMA)
NEWER["fields"].append({"name": "later", "type": ["null", "string"], "default": None})


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes registry clients and closes them."""
    with ExitStack() as opened:
        yield lambda url, **settings: opened.enter_context(closing(ConfluentRegistry(url, **settings)))


def arrival(registry: ConfluentRegistry, schema_id: int) -> Any:
    """The schema of an id that is not known at first."""
    with pytest.raises(SchemaPendingError) as pending:
        registry.schema(schema_id)
    assert pending.value.arrived.wait(LONG)
    return registry.schema(schema_id)


def test_built_in_ids_never_change() -> None:
    """Contract 5: the same in every process, of every release."""
    registry = BuiltinRegistry()
    ids = {topic: registry.id_for(topic, record) for topic, record in TOPICS.items()}
    assert ids == {
        "campaign-events": 1001,
        "call-results": 2001,
        "campaign-actions": 3001,
        "campaign-statistics": 4002,
        "calling-list-statistics": 4002,
        "list-deltas": 5002,
    }
    assert all(registry.schema(ids[topic]) == contract(record).schema for topic, record in TOPICS.items())
    assert isinstance(open_registry("builtin"), BuiltinRegistry)


def test_what_is_not_built_in_is_unknown() -> None:
    with pytest.raises(UnknownSchemaError, match="schema id 7 is not one of the built-in registry"):
        BuiltinRegistry().schema(7)


@pytest.mark.registry
def test_schemas_are_registered_once_by_the_name_of_their_topic(connect: Connect, registry_process: RegistryProcess) -> None:
    """Contract 1: <topic>-value."""
    first, second = (connect(registry_process.url) for _ in range(2))
    ids = {topic: first.id_for(f"p.{topic}", record) for topic, record in TOPICS.items()}
    assert {topic: second.id_for(f"p.{topic}", record) for topic, record in TOPICS.items()} == ids
    assert ids["campaign-statistics"] == ids["calling-list-statistics"]
    assert registry_process.request("GET", "/subjects") == sorted(f"p.{topic}-value" for topic in TOPICS)
    assert registry_process.request("GET", f"/subjects/{TOPIC}-value/versions") == [1]
    assert first.schema(ids["call-results"]) == RESULT_SCHEMA


@pytest.mark.registry
def test_what_others_registered_is_taken_where_we_may_only_read(connect: Connect, registry_program: Path) -> None:
    with RegistryProcess(registry_program, "-readonly") as process:
        process.stop()
        process.start({f"{TOPIC}-value": EVENT_SCHEMA})
        registry = connect(process.url)
        assert registry.id_for(TOPIC, CAMPAIGN_EVENT) == 1
        with pytest.raises(RegistryError, match=r"did not take the schema of p[.]call-results-value: read only"):
            registry.id_for("p.call-results", CALL_RESULT)


@pytest.mark.registry
def test_an_id_of_others_is_looked_up_in_the_background(connect: Connect, registry_process: RegistryProcess) -> None:
    schema_id = registry_process.register("others-value", NEWER)
    registry = connect(registry_process.url)
    assert arrival(registry, schema_id) == NEWER


@pytest.mark.registry
def test_an_id_that_the_registry_does_not_know_is_unknown(connect: Connect, registry_process: RegistryProcess) -> None:
    """Contract 6."""
    registry = connect(registry_process.url)
    with pytest.raises(UnknownSchemaError, match=f"schema id 404 is not known to the registry {registry_process.url}"):
        arrival(registry, 404)
    with pytest.raises(UnknownSchemaError):
        registry.schema(404)


@pytest.mark.registry
def test_many_wrong_ids_in_a_chunk_cost_one_wait(connect: Connect, registry_process: RegistryProcess) -> None:
    registry = connect(registry_process.url)
    own = registry.id_for(TOPIC, CAMPAIGN_EVENT)
    body = event()[HEADER.size :]
    chunk = [header(own) + body, *(header(wrong) + body for wrong in range(1_000, 1_200)), header(0xFFFFFFFF) + body]
    reading = Decoder(EVENT_SCHEMA, registry)
    with pytest.raises(SchemaPendingError) as pending:
        reading.decode(places_of(chunk))
    assert pending.value.arrived.wait(LONG)
    decoded = reading.decode(places_of(chunk))
    assert list(decoded.records()) == [EVENT]
    assert {refused.reason for refused in decoded.refused} == {"unknown_schema"}
    assert len(decoded.refused) == len(chunk) - 1


@pytest.mark.registry
def test_a_registry_that_is_down_holds_up_nothing_that_is_known(connect: Connect, registry_process: RegistryProcess) -> None:
    registry = connect(registry_process.url)
    own = registry.id_for(TOPIC, CAMPAIGN_EVENT)
    reading = Decoder(EVENT_SCHEMA, registry)
    ours, theirs = encoded(EVENT_SCHEMA, own, EVENT), encoded(NEWER, own + 1, EVENT)
    registry_process.stop()
    with pytest.raises(SchemaPendingError) as pending:
        reading.decode(places_of([ours, theirs]))
    assert list(reading.decode(places_of([ours, ours])).records()) == [EVENT] * 2
    assert not pending.value.arrived.is_set()

    registry_process.start({f"{TOPIC}-value": EVENT_SCHEMA, "others-value": NEWER})
    assert pending.value.arrived.wait(LONG)
    assert list(reading.decode(places_of([ours, theirs])).records()) == [EVENT] * 2


@pytest.mark.registry
@pytest.mark.parametrize(("kind", "schema"), [("JSON", {"type": "object"}), ("AVRO", "string"), ("AVRO", RESULT_SCHEMA)])
def test_schemas_of_something_else_are_incompatible(connect: Connect, registry_process: RegistryProcess, kind: str, schema: Any) -> None:
    """Contract 6."""
    schema_id = registry_process.register("others-value", schema, kind)
    reading = Decoder(EVENT_SCHEMA, connect(registry_process.url))
    chunk = [header(schema_id) + event()[HEADER.size :]]
    with pytest.raises(SchemaPendingError) as pending:
        reading.decode(places_of(chunk))
    assert pending.value.arrived.wait(LONG)
    decoded = reading.decode(places_of(chunk))
    assert [refused.reason for refused in decoded.refused] == ["incompatible_schema"]


@pytest.mark.registry
def test_name_and_password_are_sent(connect: Connect, guarded_process: RegistryProcess) -> None:
    registry = connect(guarded_process.url, auth="ann:open:sesame")
    schema_id = registry.id_for(TOPIC, CAMPAIGN_EVENT)
    assert arrival(connect(guarded_process.url, auth="ann:open:sesame"), schema_id) == EVENT_SCHEMA


@pytest.mark.registry
def test_a_wrong_password_is_told_and_makes_no_id_unknown(connect: Connect, guarded_process: RegistryProcess) -> None:
    """Else an expired password would turn good records into dead letters."""
    registry = connect(guarded_process.url, auth="ann:shut")
    with pytest.raises(RegistryError, match=f"{guarded_process.url} did not take the schema of {TOPIC}-value: .*40[13]"):
        registry.id_for(TOPIC, CAMPAIGN_EVENT)
    with pytest.raises(SchemaPendingError, match=r"schema 1 is being looked up in the registry$"):
        registry.schema(1)
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        with pytest.raises(SchemaPendingError) as pending:
            registry.schema(1)
        if re.search(r"schema 1 is being looked up in the registry, but .* says .*40[13]", str(pending.value)):
            return
        assert not pending.value.arrived.wait(0.05)
    pytest.fail("the failure is never told")


def test_a_registry_that_does_not_answer_is_named_without_its_password(connect: Connect) -> None:
    registry = connect("http://ann:sesame@127.0.0.1:9", timeout=1)
    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:9 did not take the schema of campaign-statistics-value") as failed:
        registry.id_for("campaign-statistics", STATISTIC_REPORT)
    assert "sesame" not in str(failed.value)


@pytest.mark.parametrize("wrong", [{"url": "ftp://x"}, {"url": "http://a:b@x", "auth": "c:d"}, {"url": "https://x", "ca_file": "/nowhere"}])
def test_settings_that_cannot_be_are_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(RegistryError, match="can't be used"):
        ConfluentRegistry(**wrong)
