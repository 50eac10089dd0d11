"""A delta that stands for nothing a campaign can report is set aside by itself: no worker may stop at it (contract 6)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.batches import RowBatch
from agents.lists import Held, ListsJob
from engine.arrays import NEVER
from engine.campaigns import Limits
from engine.credits import CODES
from engine.definitions import default_definitions, parse_definitions
from engine.rows import EARLIEST_MS, LATEST_MS
from kernels.deltas import Deltas
from schemas.contracts import LIST_DELTA
from schemas.deltas import DeltaColumns, DeltaWriter, Gauge
from tests.agents.partition import NAMES, NOW, REGISTRY, Source, as_columns
from transport.job import Chunk, Outcome, Piece, Taken

WRITER = DeltaWriter(REGISTRY.id_for(NAMES.list_deltas, LIST_DELTA))
JOB = ListsJob(parse_definitions(default_definitions(), "shipped"), Limits(), REGISTRY, NAMES)


def column(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(numbers, dtype=np.int64)


def delta(**columns: int) -> DeltaColumns:
    numbers = {"occurred_at": NOW, "credit": 1, "count": 1, "place": 0, "trait": 0} | columns
    return DeltaColumns(
        "", "l", (), gauges=(), groups=("g",), group=column(0), **{name: column(number) for name, number in numbers.items()}
    )


def applied(*deltas: DeltaColumns) -> tuple[Held, RowBatch[Deltas], Outcome]:
    records = as_columns(Source(offset, value=WRITER.encode(one)) for offset, one in enumerate(deltas))
    state = JOB.restore(0, {})
    batch = JOB.decode(state, NAMES.list_deltas, records, NOW)
    taken = Taken(NAMES.list_deltas, (Piece(batch, 0, len(records)),), np.arange(len(records)), len(records))
    return state, batch, JOB.apply(state, Chunk((taken,), NOW, drained=True))


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (delta(occurred_at=LATEST_MS + 1), "a time outside the calendar"),
        (delta(occurred_at=EARLIEST_MS - 1), "a time outside the calendar"),
        (replace(delta(), gauges=(Gauge("c", None, 1 << 62, 1),)), "a time outside the calendar"),
        (delta(credit=CODES), "a credit that is none of"),
        (delta(count=-1), "a negative number of events"),
        (delta(trait=-1), "a trait that is none"),
        (delta(trait=15), "a trait that is none"),
        (delta(trait=1 << 40), "a trait that is none"),
        (replace(delta(), gauges=(Gauge("c", None, NOW, -1),)), "negative records"),
    ],
)
def test_what_can_not_be_applied_is_set_aside_alone(faulty: DeltaColumns, told: str) -> None:
    state, batch, outcome = applied(delta(), faulty, delta())
    assert (batch.records_of.tolist(), len(batch.rows)) == ([0, 2], 2)
    (refused,) = batch.set_aside
    assert (refused.record, refused.reason, refused.detail.startswith(f"not a list delta: it holds {told}")) == (1, "malformed", True)
    assert len(outcome.outputs[NAMES.dead_letters]) == 1
    assert state.engine.stream_time(0) == NOW


def test_the_greatest_that_stand_for_something_are_applied() -> None:
    attempt = ((1 << 31) - 1 + (1 << 31) + 1) * 16
    _, batch, _ = applied(delta(occurred_at=LATEST_MS), delta(occurred_at=EARLIEST_MS, credit=CODES - 1), delta(trait=attempt + 1))
    assert (len(batch.rows), batch.set_aside) == (3, [])


def test_a_reading_before_any_event_of_its_list_is_kept_and_moves_no_clock() -> None:
    """A reading alone is that of a removed group, which is no event of the list (domain 2.6); nothing may stop at it."""
    nothing = {name: column() for name in ("occurred_at", "credit", "count", "place", "trait", "group")}
    state, _, outcome = applied(DeltaColumns("", "l", (), gauges=(Gauge("c", None, NOW, 5),), groups=(), **nothing))
    assert state.engine.stream_time(0) == NEVER
    assert state.engine.gauge(0, NOW) == 5
    assert len(outcome.outputs[NAMES.calling_list_statistics]) == 0
