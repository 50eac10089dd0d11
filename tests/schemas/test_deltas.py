"""List deltas come back as they were sent; what is none is told as such, for a worker must outlive it (domain 1.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import LIST_DELTA, history
from schemas.deltas import DeltaColumns, DeltaWriter, Gauge, delta_of
from schemas.records import RecordReader, RecordWriter, UnreadableError, without_logical_types
from schemas.registry import BuiltinRegistry
from tests.schemas.samples import INTS, TEXTS, TIMES, encoded, event

ID = 5002
READER = RecordReader(BuiltinRegistry())
ROWS = st.lists(st.tuples(TIMES, st.integers(0, (1 << 16) - 1), TIMES, st.integers(0, (1 << 32) - 1)))
COLUMNS = ("occurred_at", "credit", "count", "place")


def columns(rows: list[tuple[int, int, int, int]], placed: bool, **names: Any) -> DeltaColumns:
    arrays = {name: np.array([row[number] for row in rows], dtype=np.int64) for number, name in enumerate(COLUMNS)}
    told_apart = (
        {"trait": arrays["count"], "group": np.arange(len(rows)) % max(len(names["groups"]), 1)}
        if names["groups"]
        else {
            "trait": arrays["count"][:0],
            "group": arrays["count"][:0],
        }
    )
    return DeltaColumns(**{**arrays, "place": arrays["place"][: None if placed else 0]}, **told_apart, **names)


def plain(delta: DeltaColumns) -> dict[str, Any]:
    return {name: getattr(delta, name) for name in DeltaColumns.__slots__} | {
        name: getattr(delta, name).tolist() for name in (*COLUMNS, "trait", "group")
    }


DELTAS = st.builds(
    columns,
    ROWS,
    st.booleans(),
    tenant=TEXTS,
    calling_list=TEXTS,
    inputs=st.lists(st.tuples(TEXTS, INTS, TIMES), max_size=3).map(tuple),
    gauges=st.lists(st.builds(Gauge, TEXTS, st.none() | TEXTS, TIMES, TIMES), max_size=3).map(tuple),
    groups=st.lists(st.none() | TEXTS, max_size=3).map(tuple),
)


@given(DELTAS)
def test_deltas_come_back(delta: DeltaColumns) -> None:
    assert plain(delta_of(READER.decode(DeltaWriter(ID).encode(delta)))) == plain(delta)


def test_a_record_of_another_topic_is_no_delta() -> None:
    with pytest.raises(UnreadableError, match="not a list delta"):
        delta_of(READER.decode(event()))


def test_the_first_version_is_still_read() -> None:
    """A worker of the next release finds deltas of the last one in its topic."""
    gauge = {"group": "g", "occurred_at": 5, "records": 7}
    fields = {"tenant": "", "calling_list": "l", "campaign": "c", "inputs": [], "gauges": [gauge], "place": b""}
    columns = {"occurred_at": b"\x00" * 8, "credit": b"\x00" * 2, "count": b"\x00" * 8}
    delta = delta_of(READER.decode(encoded(without_logical_types(history(LIST_DELTA)[0].schema), 5001, fields | columns)))
    assert (delta.groups, len(delta.trait), len(delta.group), len(delta.count)) == ((), 0, 0, 1)
    assert delta.gauges == (Gauge("c", "g", 5, 7),)


@pytest.mark.parametrize(
    "broken",
    [
        {"occurred_at": b"\x00" * 9},
        {"credit": b"\x00"},
        {"credit": b"\x00" * 4},
        {"count": b""},
        {"occurred_at": b""},
        {"place": b"\x00" * 8},
        {"trait": b"\x00" * 16},
        {"group": b"\x00" * 4},
    ],
)
def test_columns_that_are_not_parallel_are_no_delta(broken: dict[str, bytes]) -> None:
    whole = {"occurred_at": b"\x00" * 8, "credit": b"\x00" * 2, "count": b"\x00" * 8}
    fields = {"calling_list": "l", "campaign": "c", "inputs": [], "place": b"", "trait": b"", "group": b"", **whole}
    assert len(delta_of(READER.decode(RecordWriter(LIST_DELTA, ID).encode(fields))).count) == 1
    with pytest.raises(UnreadableError, match="not a list delta"):
        delta_of(READER.decode(RecordWriter(LIST_DELTA, ID).encode(fields | broken)))
