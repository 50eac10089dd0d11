"""Reports to bytes: those that fastavro would write (contract 1, 2)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@dataclass(frozen=True)
class Report:
    object_type: str
    tenant: str
    campaign: str | None
    group: str | None
    calling_list: str | None
    profile: str
    window_start: int
    as_of: int
    revision: int
    final: bool
    names: tuple[str, ...]
    values: list[float | None]
    state: State | None
    inputs: tuple[tuple[str, int, int], ...]
    complete_from: dict[str, int]


NAMED_VALUES = st.dictionaries(TEXTS, st.none() | st.floats(allow_nan=False), max_size=5)
STATES = st.builds(State, TEXTS, TIMES, st.none() | TEXTS, st.none() | TIMES, st.dictionaries(TEXTS, TIMES, max_size=4))
REPORTS = NAMED_VALUES.flatmap(
    lambda values: st.builds(
        Report,
        object_type=st.sampled_from(["Campaign", "CampaignGroup", "CallingList", "CampaignCallingList"]),
        tenant=TEXTS,
        campaign=st.none() | TEXTS,
        group=st.none() | TEXTS,
        calling_list=st.none() | TEXTS,
        profile=TEXTS,
        window_start=TIMES,
        as_of=TIMES,
        revision=INTS,
        final=st.booleans(),
        names=st.just(tuple(values)),
        values=st.just(list(values.values())),
        state=st.none() | STATES,
        inputs=st.lists(st.tuples(TEXTS, INTS, TIMES), max_size=3).map(tuple),
        complete_from=st.dictionaries(TEXTS, TIMES, max_size=2),
    )
)


def fields_of(report: Report) -> dict[str, Any]:
    inputs = [{"topic": topic, "partition": partition, "offset": offset} for topic, partition, offset in report.inputs]
    fields = asdict(report) | {"values": dict(zip(report.names, report.values, strict=True)), "inputs": inputs}
    del fields["names"]
    return fields


@given(st.lists(REPORTS, max_size=6))
def test_values_are_what_fastavro_writes(reports: list[Report]) -> None:
    encoder = ReportEncoder(ID)
    for report in reports * 2:
        assert encoder.encode(report)[1] == encoded(SCHEMA, ID, fields_of(report))


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
    kind = "Campaign" if "campaign" in names else "CallingList"
    numbers = {"window_start": 0, "as_of": 1, "revision": 0, "final": False}
    report = Report(object_type=kind, profile="now", names=(), values=[], state=None, inputs=(), complete_from={}, **given_names, **numbers)  # type: ignore[arg-type]
    assert ReportEncoder(ID).encode(report)[0] == key
