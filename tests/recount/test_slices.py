"""Filters and breakdowns held against the recount: every value of every part, in every profile (docs/statistics.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import parse_definitions
from recount.inputs import Extent, Partitions
from recount.lines import read_lines
from recount.recounting import ABSENT, Recount
from recount.reports import report_of
from tests.drawing import drawn
from tests.engine.test_against_plain import LATENESS, RETENTION, START, scenarios
from tests.recount.replays import hold, recount_of, replayed

PROFILES = """
[profile.half]
kind = "growing"
reset = "00:00 +0:30"
[profile.slide]
kind = "sliding"
size = 300
step = 60
[profile.since]
kind = "since_activation"
[profile.period]
kind = "campaign_period"
days = 1
"""
CONDITIONS = {
    "call_result": ["Busy", "Answer", ""],
    "group": ["g", ""],
    "calling_list": ["k", ""],
    "attempt": [1, 2, ""],
    "dial_mode": ["Predict", "NoDial", ""],
}
KEYS = ("DialMade,LeadProcessed,AgentError,RecordsNotProcessed", "DialBusy", "CallbackMissed,PersonalCallbackMissed,LeadAnswer", "*")


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """Some statistics with filters and breakdowns, as two of which may ask for the same."""
    texts = []
    for number in range(draw(st.integers(1, 3))):
        category = draw(st.sampled_from(["TotalNumber", "RelativeNumberPercentage", "TotalNumberPerSecond", "RelativeNumber"]))
        lines = [f"[statistic.S{number}]", f'category = "{category}"', f'main = "{draw(st.sampled_from(KEYS))}"']
        if category.startswith("Relative"):
            lines.append(f'relative = "{draw(st.sampled_from(KEYS))}"')
        where = draw(st.dictionaries(st.sampled_from(sorted(CONDITIONS)), st.none(), max_size=2))
        if where:
            met = {name: draw(st.lists(st.sampled_from(CONDITIONS[name]), min_size=1, unique=True)) for name in where}
            lines.append(f"where = {{ {', '.join(f'{name} = {json.dumps(values)}' for name, values in met.items())} }}")
        by = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), min_size=0 if where else 1, max_size=2, unique=True))
        if by:
            lines += [f"by = {json.dumps(by)}", f"limit = {draw(st.sampled_from([1, 2, 100]))}"]
        texts.append("\n".join([*lines, 'profiles = ["half", "slide", "since", "period"]']))
    texts.append('[statistic.Sum]\ncategory = "Formula"\nformula = "S0 * 2"\nprofiles = ["half", "slide", "since", "period"]')
    return PROFILES + "\n".join(texts)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@drawn(100)
@given(
    events=scenarios(),
    text=definitions(),
    at=st.lists(st.integers(0, 5_400_000), max_size=3),
    chunk=st.sampled_from([1, 2, 7, 4096]),
)
def test_every_part_is_the_plain_recount(folder: Path, events: list[dict[str, Any]], text: str, at: list[int], chunk: int) -> None:
    """Live values, closing values and their corrections; which parts have a name of their own, and what the others amount to."""
    hold(events, parse_definitions(text, "test"), [START + instant for instant in at], folder, chunk)


CALLS = [
    {"event_id": str(number), "kind": kind, "campaign": "A", "group": group, "occurred_at": START + number * 1_000, **fields}
    for number, (kind, group, fields) in enumerate(
        [
            ("DialingStarted", "g", {"dial_mode": "Predict"}),
            *[("CallCompleted", group, {"calling_list": "k", "call_result": 6, "attempt": 1}) for group in "gghhhg"],
            ("CallCompleted", "g", {"calling_list": "k", "call_result": 33, "attempt": 2}),
        ]
    )
]
BY_GROUP = '[statistic.S]\ncategory = "TotalNumber"\nmain = "DialMade"\nby = ["group"]\nprofiles = ["half"]\n'


def test_a_part_that_is_wrong_missing_or_invented_is_named(tmp_path: Path) -> None:
    asked = parse_definitions(PROFILES + BY_GROUP, "test")
    form = next(one for one in replayed(CALLS, asked, [START + 60_000], tmp_path, 1) if one["object_type"] == "Campaign")
    assert form["values"] == {"S": 7, 'S{group="g"}': 4, 'S{group="h"}': 3}
    recount = recount_of(CALLS, asked)

    def found(values: dict[str, float]) -> list[tuple[str, Any, Any]]:
        return [tuple(one[1:]) for one in recount.verify(report_of({**form, "values": values}, "r")).differences]

    assert found({**form["values"], 'S{group="h"}': 2}) == [('S{group="h"}', 2, 3)]
    assert found({"S": 7, 'S{group="g"}': 4}) == [('S{group="h"}', ABSENT, 3)]
    assert found({**form["values"], 'S{group="i"}': 1}) == [('S{group="i"}', 1, ABSENT)]


@pytest.mark.parametrize(
    ("keys", "value", "reason"),
    [
        ('by = ["dial_mode"]', 99, "which dial mode a call found in force depends on how the two topics passed each other"),
        ('where = { dial_mode = "Predict" }', 99, "which dial mode a call found in force depends on how the two topics passed each other"),
        (
            'by = ["group"]\nlimit = 1',
            99,
            "which values came first, of more than the limit, depends on the order in which topics were read",
        ),
        ('by = ["group"]', 99, None),
    ],
)
def test_what_depends_on_the_order_of_topics_is_told_apart(tmp_path: Path, keys: str, value: float, reason: str | None) -> None:
    """From a Kafka, the input alone does not say how they passed each other; a value that agrees is compared all the same."""
    text = PROFILES + BY_GROUP.replace('by = ["group"]', keys)
    asked = parse_definitions(text, "test")
    form = next(one for one in replayed(CALLS, asked, [START + 60_000], tmp_path, 1) if one["object_type"] == "Campaign")
    given_events = [event for _, event in read_lines(json.dumps(one).encode() for one in CALLS) if event is not None]
    topics = ("campaign-events", "call-results")
    of_topics = {(topic, 0): [event for event in given_events if event.source.topic == topic] for topic in topics}
    extents = {place: Extent(0, len(events)) for place, events in of_topics.items()}
    recount = Recount(asked, Partitions(topics, of_topics, extents, {0: {(0, 6)}}, (LATENESS, RETENTION)))
    verdict = recount.verify(report_of({**form, "values": {**form["values"], "S": value}}, "r"))
    assert list(verdict.unverified) == ([reason] if reason else [])
    assert bool(verdict.differences) == (reason is None)


def test_a_part_is_explained_by_its_own_events(tmp_path: Path) -> None:
    asked = parse_definitions(PROFILES + BY_GROUP, "test")
    form = next(one for one in replayed(CALLS, asked, [START + 60_000], tmp_path, 1) if one["object_type"] == "Campaign")
    (statistic,) = asked.statistics
    explanation = recount_of(CALLS, asked).explain(report_of(form, "r"), statistic, '{group="h"}')
    (part,) = explanation.parts
    assert (explanation.value, {entry.cause.event.group for entry in part.entries}) == (3, {"h"})  # type: ignore[union-attr]
