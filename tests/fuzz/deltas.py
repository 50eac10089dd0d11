"""List deltas: each is applied or a dead letter, as if it came alone, and nothing that is applied stops the agent later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from agents.lists import Held, ListsJob
from engine.campaigns import Limits
from engine.credits import CODES
from engine.definitions import parse_definitions
from engine.rows import EARLIEST_MS, LATEST_MS
from schemas.contracts import LIST_DELTA
from schemas.deltas import DeltaColumns, DeltaWriter, Gauge
from schemas.wire import HEADER
from tests.agents.partition import NAMES, NOW, REGISTRY, Source, as_columns, keep
from tests.engine.test_restarts import SLICED_TEXT
from tests.fuzz.damage import damaged, spliced
from tests.fuzz.target import Target, needs_nothing
from transport.job import Chunk, Outcome, Piece, Taken

WRITER = DeltaWriter(REGISTRY.id_for(NAMES.list_deltas, LIST_DELTA))
JOB = ListsJob(parse_definitions(SLICED_TEXT, "test"), Limits(), REGISTRY, NAMES)
DAY_MS = 86_400_000

_TIMES = st.one_of(
    st.integers(NOW - DAY_MS, NOW + DAY_MS),
    st.integers(NOW - DAY_MS, NOW + DAY_MS),
    st.sampled_from([EARLIEST_MS - 1, LATEST_MS + 1, 1 << 62, -(1 << 63)]),
)
_CREDITS = st.integers(0, CODES - 1) | st.sampled_from([CODES, 65_535])
_COUNTS = st.integers(0, 9) | st.sampled_from([1 << 40, -1, (1 << 63) - 1])
_TRAITS = st.sampled_from([0, 1, 16, 33, -1, 15, 1 << 40])
_ROWS = st.lists(st.tuples(_TIMES, _CREDITS, _COUNTS, st.integers(0, 4_000_000_000), _TRAITS, st.integers(0, 2)), max_size=6)
_NAMES = st.sampled_from(["", "t", "l", "m", "x" * 300, "\x00"])
_GAUGES = st.lists(
    st.builds(Gauge, _NAMES, st.none() | _NAMES, _TIMES, st.integers(0, 99) | st.sampled_from([-1, (1 << 63) - 1])), max_size=2
)


def _columns(tenant: str, name: str, rows: Sequence[Any], gauges: Sequence[Gauge], inputs: Sequence[Any]) -> DeltaColumns:
    at, credit, count, place, trait, group = (np.array([row[column] for row in rows], dtype=np.int64) for column in range(6))
    return DeltaColumns(tenant, name, tuple(inputs), at, credit, count, place, tuple(gauges), trait, ("g", None, "h"), group)


_INPUTS = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 3), st.integers(0, 1 << 40)), max_size=2)
_DELTAS = st.builds(_columns, st.sampled_from(["", "t"]), _NAMES, _ROWS, _GAUGES, _INPUTS)
_USUAL = st.builds(
    _columns,
    st.just(""),
    st.sampled_from(["l", "m"]),
    st.lists(
        st.tuples(st.integers(NOW - DAY_MS, NOW), st.integers(0, CODES - 1), st.integers(0, 3), st.just(0), st.just(0), st.integers(0, 2)),
        max_size=6,
    ),
    st.just(()),
    _INPUTS,
)
_SHORT = st.builds(lambda delta, size: replace(delta, trait=delta.trait[:size], group=delta.group[:size]), _DELTAS, st.integers(0, 2))
_VALUES = st.one_of(_DELTAS, _USUAL, _SHORT).map(WRITER.encode)
CASES = st.lists(
    st.one_of(_VALUES, _USUAL.map(WRITER.encode), damaged(_VALUES, keep=HEADER.size), spliced(_VALUES), st.binary(max_size=30), st.none()),
    min_size=1,
    max_size=8,
)


def chunk_of(state: Held, records: Sequence[Source]) -> Chunk:
    """All of some records of list deltas."""
    batch = JOB.decode(state, NAMES.list_deltas, as_columns(records), NOW)
    taken = Taken(NAMES.list_deltas, (Piece(batch, 0, len(records)),), np.arange(len(records)), records[-1].offset + 1)
    return Chunk((taken,), NOW, drained=True)


def _refused(values: Sequence[bytes | None]) -> dict[int, str]:
    """The records that are set aside, with their reasons."""
    state = JOB.restore(0, {})
    records = as_columns(Source(offset, value=value) for offset, value in enumerate(values))
    batch = JOB.decode(state, NAMES.list_deltas, records, NOW)
    assert all(one.detail for one in batch.set_aside)
    assert sorted([*batch.records_of.tolist(), *(one.record for one in batch.set_aside)]) == list(range(len(values)))
    return {one.record: one.reason for one in batch.set_aside}


def _applied(values: Sequence[bytes | None]) -> tuple[list[bytes], dict[bytes, bytes]]:
    """Reports of a chunk with these deltas and of a tick days later, and the state after it."""
    state, changelog = JOB.restore(0, {}), dict[bytes, bytes]()
    records = [Source(offset, value=value) for offset, value in enumerate(values)]
    reports = []
    for chunk in (chunk_of(state, records), Chunk((), NOW + 3 * DAY_MS, drained=True)):
        outcome: Outcome = JOB.apply(state, chunk)
        keep(changelog, outcome)
        reports += [bytes(report[1] or b"") for report in outcome.outputs[NAMES.calling_list_statistics]]
    return reports, changelog


def check(values: list[bytes | None]) -> None:
    """See ``TARGET``."""
    refused = _refused(values)
    assert set(refused.values()) <= {"malformed"}
    for row, value in enumerate(values):
        assert bool(_refused([value])) == (row in refused)
    good = [value for row, value in enumerate(values) if row not in refused]
    reports, changelog = _applied(values)
    assert (reports, changelog) == (_applied(good) if good else _applied([None]))
    JOB.restore(0, changelog)


TARGET = Target(
    "deltas",
    "a list delta is applied or malformed, as if it came alone; the bad ones change nothing, and the state they leave can be restored",
    CASES,
    needs_nothing(check),
    size=60,
    short=10,
)
