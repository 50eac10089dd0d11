"""Records to read and write in tests, registries that know what they are told, and two other implementations of Avro as judges."""

from __future__ import annotations

import io
import json
import random
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import avro.io
import avro.schema
import fastavro
from hypothesis import strategies as st

from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT, contract
from schemas.plan import without_logical_types
from schemas.registry import BuiltinRegistry, UnknownSchemaError
from schemas.wire import HEADER, header

EVENT_ID = BuiltinRegistry().id_for("campaign-events", CAMPAIGN_EVENT)
RESULT_ID = BuiltinRegistry().id_for("call-results", CALL_RESULT)
EVENT_SCHEMA = contract(CAMPAIGN_EVENT).schema
RESULT_SCHEMA = contract(CALL_RESULT).schema
KINDS = next(field["type"]["symbols"] for field in EVENT_SCHEMA["fields"] if field["name"] == "kind")
TIMES = st.integers(-(1 << 63), (1 << 63) - 1)
INTS = st.integers(-(1 << 31), (1 << 31) - 1)
TEXTS = st.text(max_size=90)

EVENT: dict[str, Any] = {
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
RESULT: dict[str, Any] = {
    "event_id": "r1",
    "tenant": "t",
    "campaign": "spring",
    "group": "north",
    "calling_list": "l",
    "occurred_at": 1_700_000_000_123,
    "kind": "CallCompleted",
    "call_result": 33,
    "record_id": "7",
    "chain_id": "7",
    "chain_n": 0,
    "attempt": 1,
    "dialed_at": 1_700_000_000_000,
    "answered_at": None,
    "ended_at": 1_700_000_000_123,
}


def events() -> st.SearchStrategy[dict[str, Any]]:
    """Any ``CampaignEvent``."""
    text, time = st.none() | TEXTS, st.none() | TIMES
    return st.fixed_dictionaries(
        {"event_id": TEXTS, "tenant": TEXTS, "campaign": TEXTS, "group": text, "calling_list": text, "occurred_at": TIMES}
        | {"kind": st.sampled_from(KINDS), "dial_mode": text, "personal": st.none() | st.booleans(), "records": time}
    )


def results() -> st.SearchStrategy[dict[str, Any]]:
    """Any ``CallResult``."""
    text, time, number = st.none() | TEXTS, st.none() | TIMES, st.none() | INTS
    return st.fixed_dictionaries(
        {"event_id": TEXTS, "tenant": TEXTS, "campaign": TEXTS, "group": text, "calling_list": TEXTS, "occurred_at": TIMES}
        | {"kind": st.sampled_from(["CallCompleted", "LeadProcessed"]), "call_result": INTS, "record_id": text, "chain_id": text}
        | {"chain_n": number, "attempt": number, "dialed_at": time, "answered_at": time, "ended_at": time}
    )


def encoded(schema: Any, schema_id: int, record: dict[str, Any]) -> bytes:
    """A value as fastavro writes it."""
    stream = io.BytesIO()
    stream.write(header(schema_id))
    fastavro.schemaless_writer(stream, fastavro.parse_schema(without_logical_types(deepcopy(schema))), record)
    return stream.getvalue()


def event(**changes: Any) -> bytes:
    return encoded(EVENT_SCHEMA, EVENT_ID, EVENT | changes)


def result(**changes: Any) -> bytes:
    return encoded(RESULT_SCHEMA, RESULT_ID, RESULT | changes)


def decoded(schema: Any, value: bytes) -> dict[str, Any]:
    """The fields of a value as fastavro reads them; the value ends with them."""
    stream = io.BytesIO(value)
    stream.seek(HEADER.size)
    record = fastavro.schemaless_reader(stream, fastavro.parse_schema(without_logical_types(deepcopy(schema))), None)
    assert stream.read() == b""
    assert isinstance(record, dict)
    return record


def flip_bits(rng: random.Random, value: bytes) -> bytes:
    """The value with some bits turned."""
    flipped = bytearray(value)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def splice(rng: random.Random, value: bytes) -> bytes:
    """The value with some bytes behind its header replaced by others."""
    place = rng.randrange(HEADER.size, len(value))
    return value[:place] + rng.randbytes(rng.randrange(12)) + value[place + rng.randrange(8) :]


class Judge:
    """The package ``avro``, which shares no code with what is tested: what it reads and would write again so is a record."""

    def __init__(self, schema: Any) -> None:
        self._schema = avro.schema.parse(json.dumps(without_logical_types(schema)))

    def record(self, body: bytes) -> dict[str, Any] | None:
        """The fields of a body; None if it is no record."""
        stream, again = io.BytesIO(body), io.BytesIO()
        try:
            record = avro.io.DatumReader(self._schema).read(avro.io.BinaryDecoder(stream))
            avro.io.DatumWriter(self._schema).write(record, avro.io.BinaryEncoder(again))
        except Exception:  # noqa: BLE001 (the judge fails in many ways, all meaning no)
            return None
        return dict(record) if again.getvalue() == body else None


@dataclass
class Schemas:
    """A registry that knows some ids."""

    known: dict[int, Any] = field(default_factory=lambda: {EVENT_ID: EVENT_SCHEMA, RESULT_ID: RESULT_SCHEMA})

    def schema(self, schema_id: int) -> Any:
        if schema_id not in self.known:
            raise UnknownSchemaError(f"schema id {schema_id} is not known here")
        return self.known[schema_id]

    def id_for(self, topic: str, record: str) -> int:
        raise NotImplementedError
