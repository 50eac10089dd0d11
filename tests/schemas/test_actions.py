"""Actions to bytes: those that fastavro would write, whatever the batches (contract 1, 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.catalog import ACTIONS
from kernels.texts import Texts, texts_of
from schemas.actions import ActionEncoder
from schemas.contracts import CAMPAIGN_ACTION, contract
from tests.schemas.samples import INTS, TEXTS, TIMES, encoded
from transport.job import Columns

ID = 3001
SCHEMA = contract(CAMPAIGN_ACTION).schema
OBJECTS = ("Campaign", "CampaignGroup", "CallingList", "CampaignCallingList")
ABSENT = -1


@dataclass(frozen=True)
class Place:
    tenant: str
    campaign: str
    group: str | None
    calling_list: str | None
    objects: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    action: str
    phase: str


@dataclass
class Row:
    """One action; numbers that it has not are -1."""

    cause: int
    ordinal: int
    place: int
    kind: int
    occurred_at: int
    begun_at: int
    duration_ms: int
    count: int
    call_result: int


@dataclass
class Batch:
    kinds: list[Kind]
    places: list[Place]
    event_ids: Texts
    rows: list[Row]

    def __getattr__(self, name: str) -> NDArray[np.int64]:
        return np.array([getattr(row, name) for row in self.rows], dtype=np.int64)


PLACES = st.builds(
    Place,
    tenant=TEXTS,
    campaign=TEXTS,
    group=st.none() | TEXTS,
    calling_list=st.none() | TEXTS,
    objects=st.lists(st.sampled_from(OBJECTS), unique=True, min_size=1).map(tuple),
)
KINDS = st.builds(
    Kind,
    action=st.sampled_from([action.name for action in ACTIONS]),
    phase=st.sampled_from(["instant", "begin", "end"]),
)

DURATIONS = st.integers(0, (1 << 63) - 1)


@st.composite
def batches(draw: st.DrawFn) -> list[Batch]:
    """Batches of one partition: their places are one list, which grows, and so are their kinds."""
    kinds: list[Kind] = []
    places: list[Place] = []
    made = []
    for _ in range(draw(st.integers(1, 3))):
        places.extend(draw(st.lists(PLACES, min_size=0 if places else 1, max_size=3)))
        kinds.extend(draw(st.lists(KINDS, min_size=0 if kinds else 1, max_size=3)))
        event_ids = draw(st.lists(TEXTS, min_size=1, max_size=4))
        numbered = {"cause": event_ids, "place": places, "kind": kinds}
        numbers = {"ordinal": st.integers(0, 30), **{name: st.integers(0, len(of) - 1) for name, of in numbered.items()}}
        common: dict[str, Any] = {"occurred_at": TIMES, "call_result": st.just(ABSENT) | st.integers(0, 60) | INTS, **numbers}
        instant = st.builds(Row, begun_at=st.just(ABSENT), duration_ms=st.just(ABSENT), count=st.just(1) | DURATIONS, **common)
        end = st.builds(Row, begun_at=TIMES, duration_ms=DURATIONS, count=st.just(1), **common)
        made.append(Batch(list(kinds), list(places), texts_of(event_ids), draw(st.lists(instant) | st.lists(instant | end))))
    return made


def fields_of(batch: Batch, row: Row) -> dict[str, Any]:
    place, event_id = batch.places[row.place], batch.event_ids[row.cause]
    numbers = {name: getattr(row, name) for name in ("begun_at", "duration_ms", "call_result")}
    return {
        "action_id": f"{event_id}/{row.ordinal}",
        "event_id": event_id,
        **vars(place),
        **vars(batch.kinds[row.kind]),
        "objects": list(place.objects),
        "occurred_at": row.occurred_at,
        "count": row.count,
        **{name: None if number == ABSENT else number for name, number in numbers.items()},
    }


@given(batches())
def test_values_are_what_fastavro_writes(batches: list[Batch]) -> None:
    encoder = ActionEncoder(ID)
    for batch in batches:
        columns = Columns(*encoder.encode(batch))
        assert [value for _, value in columns] == [encoded(SCHEMA, ID, fields_of(batch, row)) for row in batch.rows]


@pytest.mark.parametrize(("tenant", "key"), [("", b"spring"), ("acme", b"acme/spring")])
def test_the_key_is_the_campaign(tenant: str, key: bytes) -> None:
    """Contract 1."""
    place = Place(tenant, "spring", None, None, ("Campaign",))
    batch = Batch([Kind("DialMade", "instant")], [place], texts_of(["e"]), [Row(0, 0, 0, 0, 5, ABSENT, ABSENT, 1, ABSENT)])
    assert [key for key, _ in Columns(*ActionEncoder(ID).encode(batch))] == [key]
