"""List deltas come back as they were sent; what is none is told as such, for a worker must outlive it (domain 1.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernels.deltas import join_deltas
from kernels.texts import places_of
from schemas.contracts import LIST_DELTA, history
from schemas.deltas import DeltaColumns, DeltaEncoder, DeltaReader, DeltaWriter, Gauge, delta_of
from schemas.records import RecordReader, RecordWriter, UnreadableError, without_logical_types
from schemas.registry import BuiltinRegistry
from schemas.wire import HEADER, header, record_key
from tests.fuzz.damage import damaged
from tests.schemas.deltas import apart, plain, side_by_side
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


VALUES = DELTAS.map(DeltaWriter(ID).encode)


@given(DELTAS)
def test_deltas_come_back(delta: DeltaColumns) -> None:
    assert plain(delta_of(READER.decode(DeltaWriter(ID).encode(delta)))) == plain(delta)


def whole(delta: DeltaColumns) -> DeltaColumns:
    """A delta with all the columns that it may lack."""
    rows = np.arange(len(delta.count))
    told = {"place": rows, "trait": rows * 0, "group": rows * 0}
    return replace(delta, **{name: getattr(delta, name) if len(getattr(delta, name)) else column for name, column in told.items()})


@given(st.lists(DELTAS, max_size=4), st.booleans(), st.booleans())
def test_many_deltas_are_written_as_each_is(deltas: list[DeltaColumns], placed: bool, told_apart: bool) -> None:
    deltas = [replace(one, groups=one.groups or ("g",)) for one in map(whole, deltas)]
    lacking = [*([] if placed else ["place"]), *([] if told_apart else ["trait", "group"])]
    deltas = [replace(one, **dict.fromkeys(lacking, one.count[:0])) for one in deltas]
    written = DeltaEncoder(ID).encode(side_by_side(deltas))
    assert [written.values.raw(row) for row in range(len(deltas))] == [DeltaWriter(ID).encode(one) for one in deltas]
    assert [written.keys.raw(row) for row in range(len(deltas))] == [record_key(one.tenant, one.calling_list) for one in deltas]


def one_by_one(values: list[bytes | None]) -> tuple[list[dict[str, Any]], list[int], list[tuple[int, str]]]:
    """What the plain reader makes of values."""
    deltas, rows, bad = [], [], []
    for row, value in enumerate(values):
        try:
            deltas.append(plain(whole(delta_of(READER.decode(value)))))
            rows.append(row)
        except UnreadableError as error:
            bad.append((row, str(error)))
    return deltas, rows, bad


def first_version(gauges: list[dict[str, Any]]) -> bytes:
    fields = {"tenant": "", "calling_list": "l", "campaign": "c", "inputs": [], "gauges": gauges, "place": b""}
    columns = {"occurred_at": b"\x00" * 8, "credit": b"\x00" * 2, "count": b"\x00" * 8}
    return encoded(without_logical_types(history(LIST_DELTA)[0].schema), 5001, fields | columns)


FIRST_VERSIONS = st.lists(st.just({"group": "g", "occurred_at": 5, "records": 7}), max_size=2).map(first_version)
IN_BLOCKS = bytes([0, 2, 108, 0, 2, 2, 116, 0, 0, 2, 2, 116, 2, 2, 0, *[0] * 8])
"""A body whose two inputs are written in two blocks, as other writers may."""


@given(st.lists(VALUES | damaged(VALUES, keep=HEADER.size) | FIRST_VERSIONS | st.binary(max_size=9) | st.none(), max_size=6))
@example([header(ID) + IN_BLOCKS, event()])
@example([header(ID) + bytes([0, 2, 108, 0, 0, *[0] * 4, 2, 0, 0, 2, 2, *[0] * 4])])
def test_many_values_are_read_as_each_is(values: list[bytes | None]) -> None:
    read = DeltaReader(BuiltinRegistry()).read(places_of(values))
    deltas, rows, bad = one_by_one(values)
    assert (read.rows.tolist(), read.bad) == (rows, bad)
    assert list(map(plain, apart(read.deltas))) == deltas


@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
def test_parts_of_deltas_are_those_of_a_list(values: list[bytes], data: st.DataObject) -> None:
    deltas = DeltaReader(BuiltinRegistry()).read(places_of(values)).deltas
    each = list(map(plain, apart(deltas)))
    low, high = sorted((data.draw(st.integers(0, len(each))), data.draw(st.integers(0, len(each)))))
    gone = sorted(data.draw(st.sets(st.integers(0, len(each) - 1))))
    assert list(map(plain, apart(deltas.part(low, high)))) == each[low:high]
    assert list(map(plain, apart(join_deltas([deltas.part(low, high), deltas])))) == [*each[low:high], *each]
    assert list(map(plain, apart(deltas.without(gone)))) == [one for number, one in enumerate(each) if number not in gone]


def test_a_record_of_another_topic_is_no_delta() -> None:
    with pytest.raises(UnreadableError, match="not a list delta"):
        delta_of(READER.decode(event()))


def test_the_first_version_is_still_read() -> None:
    """A worker of the next release finds deltas of the last one in its topic."""
    delta = delta_of(READER.decode(first_version([{"group": "g", "occurred_at": 5, "records": 7}])))
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
