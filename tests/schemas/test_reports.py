"""Reports to bytes: those that fastavro would write (contract 1, 2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernels.texts import Int64s
from schemas.contracts import STATISTIC_REPORT, contract
from schemas.reports import ReportEncoder
from tests.schemas.samples import INTS, TEXTS, TIMES, encoded

ID = 4002
SCHEMA = contract(STATISTIC_REPORT).schema


@dataclass(frozen=True)
class State:
    status: str
    since: int
    dial_mode: str | None
    dial_mode_since: int | None
    conditions: dict[str, int]


class Name(NamedTuple):
    object_type: str
    tenant: str
    campaign: str | None
    group: str | None
    calling_list: str | None


@dataclass(frozen=True)
class Batch:
    profile: str
    final: bool
    names: tuple[str, ...]
    objects: list[Name]
    window_start: Int64s
    as_of: Int64s
    revision: Int64s
    values: NDArray[np.float64]
    inputs: list[tuple[tuple[str, int, int], ...]]
    states: list[State | None] | None
    complete_from: list[dict[str, int]] | None


KINDS = st.sampled_from(["Campaign", "CampaignGroup", "CallingList", "CampaignCallingList"])
NAMES = st.builds(Name, KINDS, TEXTS, st.none() | TEXTS, st.none() | TEXTS, st.none() | TEXTS)
STATES = st.builds(State, TEXTS, TIMES, st.none() | TEXTS, st.none() | TIMES, st.dictionaries(TEXTS, TIMES, max_size=4))
INPUTS = st.lists(st.tuples(TEXTS, INTS, TIMES), max_size=3).map(tuple)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Reports of some objects; NaN is null."""
    size = draw(st.integers(0, 4))
    names = draw(st.lists(TEXTS, max_size=5, unique=True))

    def each(of: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(of, min_size=size, max_size=size))

    values = each(st.lists(st.floats(), min_size=len(names), max_size=len(names)))
    times = [np.array(each(of), dtype=np.int64) for of in (TIMES, TIMES, INTS)]
    return Batch(
        draw(TEXTS),
        draw(st.booleans()),
        tuple(names),
        each(NAMES),
        *times,
        np.array(values, dtype=np.float64).reshape(size, len(names)),
        each(INPUTS),
        each(st.none() | STATES) if draw(st.booleans()) else None,
        each(st.dictionaries(TEXTS, TIMES, max_size=2)) if draw(st.booleans()) else None,
    )


def fields_of(batch: Batch, row: int) -> dict[str, Any]:
    """A report as fastavro takes it."""
    values = [None if np.isnan(value) else value for value in batch.values[row].tolist()]
    state = None if batch.states is None else batch.states[row]
    return {
        **batch.objects[row]._asdict(),
        "profile": batch.profile,
        "window_start": int(batch.window_start[row]),
        "as_of": int(batch.as_of[row]),
        "revision": int(batch.revision[row]),
        "final": batch.final,
        "values": dict(zip(batch.names, values, strict=True)),
        "state": None if state is None else asdict(state),
        "inputs": [{"topic": topic, "partition": partition, "offset": offset} for topic, partition, offset in batch.inputs[row]],
        "complete_from": {} if batch.complete_from is None else batch.complete_from[row],
    }


@given(st.lists(batches(), max_size=3))
def test_values_are_what_fastavro_writes(given_batches: list[Batch]) -> None:
    encoder = ReportEncoder(ID)
    for batch in given_batches * 2:
        expected = [encoded(SCHEMA, ID, fields_of(batch, row)) for row in range(len(batch.objects))]
        assert [value for _, value in encoder.encode([batch])] == expected


@pytest.mark.parametrize(
    ("names", "key"),
    [
        ({"tenant": "", "campaign": "c"}, b"c"),
        ({"tenant": "t", "campaign": "c", "calling_list": "l"}, b"t/c"),
        ({"tenant": "", "calling_list": "l"}, b"l"),
        ({"tenant": "t", "calling_list": "l"}, b"t/l"),
    ],
)
def test_the_key_is_the_campaign_or_of_a_list_by_itself_the_list(names: dict[str, str], key: bytes) -> None:
    """Contract 1; domain 7.1."""
    given_names = {"campaign": None, "group": None, "calling_list": None, **names}
    found = Name(object_type="Campaign" if "campaign" in names else "CallingList", **given_names)  # type: ignore[arg-type]
    at = np.zeros(1, dtype=np.int64)
    columns = {"window_start": at, "as_of": at, "revision": at, "values": np.empty((1, 0)), "inputs": [()]}
    batch = Batch("now", final=False, names=(), objects=[found], states=None, complete_from=None, **columns)  # type: ignore[arg-type]
    assert [record_key for record_key, _ in ReportEncoder(ID).encode([batch])] == [key]
