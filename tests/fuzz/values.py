"""Values of the input topics: each is counted or a dead letter with its bytes, by what it says and never by what lies beside it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import fastavro
from hypothesis import strategies as st

from engine.campaigns import Limits
from engine.rows import EARLIEST_MS
from recount.events import Source as Place
from recount.events import event_of
from schemas.plan import without_logical_types
from schemas.wire import HEADER, header
from tests.agents.partition import NAMES, NOW, REGISTRY, Partition, Source
from tests.fuzz.damage import damaged, spliced
from tests.fuzz.target import Target, needs_nothing
from tests.schemas.samples import EVENT_ID, EVENT_SCHEMA, KINDS, RESULT_ID, RESULT_SCHEMA, Judge
from topologies.reasons import REASONS

HOUR: Final = 3_600_000
BY_ITSELF: Final = frozenset({"malformed", "missing_field", "unknown_kind", "unknown_schema", "incompatible_schema", "name_too_long"})
"""Reasons that a record has before the order of events; without it, everything else is as it would be."""


def _changed(schema: Any, change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Any:
    changed = deepcopy(schema)
    change({field["name"]: field for field in changed["fields"]}, changed)
    return changed


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes values: its topic, and its schema with its id. ``strict``: what others would encode otherwise is none of its records."""

    topic: str
    schema_id: int
    schema: Any
    strict: bool = True

    def encode(self, record: dict[str, Any]) -> bytes:
        """A value; what the schema does not have is left out."""
        stream = io.BytesIO()
        stream.write(header(self.schema_id))
        fastavro.schemaless_writer(stream, fastavro.parse_schema(without_logical_types(deepcopy(self.schema))), record)
        return stream.getvalue()


EVENTS, RESULTS = NAMES.campaign_events, NAMES.call_results
WRITERS: Final = (
    Writer(EVENTS, EVENT_ID, EVENT_SCHEMA),
    Writer(RESULTS, RESULT_ID, RESULT_SCHEMA),
    Writer(EVENTS, 71, _changed(EVENT_SCHEMA, lambda fields, schema: schema["fields"].reverse())),
    Writer(EVENTS, 72, _changed(EVENT_SCHEMA, lambda fields, schema: fields["kind"]["type"]["symbols"].insert(0, "Unheard"))),
    Writer(RESULTS, 73, _changed(RESULT_SCHEMA, lambda fields, schema: schema["fields"].insert(2, {"name": "x", "type": "string"}))),
    Writer(
        EVENTS,
        74,
        _changed(EVENT_SCHEMA, lambda fields, schema: schema["fields"].append({"name": "m", "type": {"type": "map", "values": "long"}})),
        strict=False,
    ),
    Writer(RESULTS, 75, _changed(RESULT_SCHEMA, lambda fields, schema: schema["fields"].remove(fields["ended_at"]))),
)
_BY_HEADER: Final = {header(writer.schema_id): writer for writer in WRITERS}
_JUDGES: Final = {writer.schema_id: Judge(writer.schema) for writer in WRITERS}


class Known:
    """A registry that knows the writers."""

    def schema(self, schema_id: int) -> Any:
        """See ``schemas.registry.Registry``."""
        found = next((writer.schema for writer in WRITERS if writer.schema_id == schema_id), None)
        return REGISTRY.schema(schema_id) if found is None else found

    def id_for(self, topic: str, record: str) -> int:
        """See ``schemas.registry.Registry``."""
        return REGISTRY.id_for(topic, record)


_TEXTS = st.sampled_from(["", "a", "b", "Zürich", "x" * 70, "y" * 251, "\x00", "\U0001f600"])
_TIMES = st.one_of(
    st.integers(NOW - 2 * HOUR, NOW + HOUR),
    st.sampled_from([NOW, 0, -1, EARLIEST_MS - 1, 1 << 62, -(1 << 63)]),
)
_COUNTS = st.sampled_from([None, 0, 1, 7, -1, (1 << 31) - 1, -(1 << 31)])
_RECORDS = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from(["e", "f", "g", ""]),
        "tenant": st.sampled_from(["", "t"]),
        "campaign": _TEXTS,
        "group": st.none() | _TEXTS,
    }
    | {"occurred_at": _TIMES, "dial_mode": st.sampled_from([None, "", "Predict", "predict"]), "personal": st.sampled_from([None, True])}
    | {"records": st.sampled_from([None, 0, 5, -1, (1 << 63) - 1]), "record_id": st.none() | _TEXTS, "chain_id": st.none() | _TEXTS}
    | {"chain_n": _COUNTS, "attempt": _COUNTS, "dialed_at": st.none() | _TIMES, "answered_at": st.none(), "ended_at": st.none()}
    | {"x": _TEXTS, "m": st.dictionaries(_TEXTS, st.integers(-9, 9), max_size=2), "calling_list": _TEXTS}
    | {"call_result": st.sampled_from([33, 6, 0, 18, 54, -1, (1 << 31) - 1])}
)


@st.composite
def _good(draw: st.DrawFn, topic: str) -> bytes:
    writer = draw(st.sampled_from([writer for writer in WRITERS if writer.topic == topic]))
    kinds = [*KINDS, *(["Unheard"] if writer.schema_id == 72 else [])] if topic == EVENTS else ["CallCompleted", "LeadProcessed"]
    return writer.encode({**draw(_RECORDS), "kind": draw(st.sampled_from(kinds))})


def _any(topic: str) -> st.SearchStrategy[bytes | None]:
    good, other = _good(topic), _good(RESULTS if topic == EVENTS else EVENTS)
    headers = st.builds(
        lambda value, schema_id: header(schema_id) + value[HEADER.size :],
        good,
        st.sampled_from([0, 77, 1_001, 2_001, 5_001, (1 << 32) - 1]),
    )
    rare = st.one_of(st.none(), spliced(good), headers, other, st.binary(max_size=40), st.just(b'{"kind":"AgentError"}'))
    return st.one_of(good, good, good, damaged(good, keep=HEADER.size), rare)


_RUNS = st.sampled_from([EVENTS, RESULTS]).flatmap(
    lambda topic: st.tuples(st.just(topic), st.lists(_any(topic), min_size=1, max_size=24), st.sets(st.integers(1, 23), max_size=4))
)
CASES = st.lists(_RUNS, min_size=1, max_size=3)
"""Runs of one topic each, with the places where they are cut."""


class _Applied:
    """Runs applied by the agent: its letters, and the actions in their order."""

    def __init__(self) -> None:
        self.partition = Partition(Limits(), registry=Known())
        self.actions: list[Any] = []
        self.offsets = dict.fromkeys((EVENTS, RESULTS), 0)

    def run(self, topic: str, values: Sequence[bytes | None], cuts: Sequence[int], left_out: frozenset[tuple[str, int]]) -> None:
        """Apply a run in chunks that end at the cuts, without the records that are left out."""
        low = self.offsets[topic]
        records = [Source(low + number, value=value) for number, value in enumerate(values)]
        self.offsets[topic] += len(values)
        for start, end in zip([0, *cuts], [*cuts, len(values)], strict=True):
            taken = [record for record in records[start:end] if (topic, record.offset) not in left_out]
            if taken:
                outcome = self.partition.apply((topic, taken))
                self.actions.extend(tuple(action) for action in outcome.outputs[NAMES.campaign_actions])
                _keep_their_bytes(outcome.outputs[NAMES.dead_letters], {(topic, record.offset): record for record in taken})


def _keep_their_bytes(letters: Sequence[Any], records: dict[tuple[str, int], Source]) -> None:
    for letter in letters:
        told = dict(letter.headers)
        record = records[told["dialstat.topic"].decode(), int(told["dialstat.offset"])]
        assert (letter.key, letter.value) == (record.key, record.value)


def _applied(case: list[Any], *, cut: bool = False, left_out: frozenset[tuple[str, int]] = frozenset()) -> _Applied:
    applied = _Applied()
    for topic, values, cuts in case:
        applied.run(topic, values, sorted(place for place in cuts if place < len(values)) if cut else [], left_out)
    return applied


def check(case: list[Any]) -> None:
    """See ``TARGET``."""
    whole, cut = _applied(case), _applied(case, cut=True)
    letters = whole.partition.letters
    assert letters == cut.partition.letters
    assert whole.actions == cut.actions
    assert {reason for reason, _ in letters.values()} <= set(REASONS)
    assert all(detail for _, detail in letters.values())
    offsets = dict.fromkeys((EVENTS, RESULTS), 0)
    for topic, values, _ in case:
        for value in values:
            _is_as_judged(topic, value, letters.get((topic, offsets[topic]), ("", "")))
            offsets[topic] += 1
    alone = frozenset(place for place, (reason, _) in letters.items() if reason in BY_ITSELF)
    without = _applied(case, left_out=alone)
    assert without.actions == whole.actions
    assert without.partition.letters == {place: letter for place, letter in letters.items() if place not in alone}
    whole.partition.restart()


def _is_as_judged(topic: str, value: bytes | None, letter: tuple[str, str]) -> None:
    """The reason is that of the judge, who shares no code with what is fuzzed, and of the recount's reading of the rules."""
    reason = letter[0]
    if value is None or len(value) < HEADER.size or value[0] != 0:
        assert reason == "malformed", letter
        return
    writer = _BY_HEADER.get(value[: HEADER.size])
    if writer is None or writer.topic != topic:
        assert reason in {"unknown_schema", "incompatible_schema"} or _is_of_history(value), letter
        return
    record = _JUDGES[writer.schema_id].record(value[HEADER.size :])
    if record is None:
        assert reason == "malformed" or not writer.strict, letter
        return
    event = event_of({**record, "kind": str(record["kind"])}, Place(topic, 0, 0))
    assert (event is None) == (reason in BY_ITSELF - {"name_too_long"}) or reason == "name_too_long", (record, letter)


def _is_of_history(value: bytes) -> bool:
    """Whether its schema is an earlier one of ours, which the judge does not have."""
    return value[: HEADER.size] in {header(1_001), header(2_001)}


TARGET = Target(
    "values",
    "a value is counted or a dead letter with its bytes, for the reason that others would give; cuts and bad neighbours change nothing",
    CASES,
    needs_nothing(check),
    size=60,
    short=8,
)
