"""Late events: a share of them, later than they happened, and none lost (domain 2.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from simulator import preset, simulate

ORDERED = replace(preset("demo", seed=3, start_ms=0), until_ms=1_200_000)
LATE = replace(ORDERED, late_share=0.1, late_ms=30_000)


def test_the_same_events_come_in_another_order():
    ordered, late = list(simulate(ORDERED)), list(simulate(LATE))
    assert ordered != late
    assert sorted(late, key=lambda event: int(event["event_id"].split("-")[1])) == ordered


def test_the_share_and_the_delay_are_kept():
    latest, late, longest = 0, 0, 0
    events = list(simulate(LATE))
    for event in events:
        behind = latest - event["occurred_at"]
        late += behind > 0
        longest = max(longest, behind)
        latest = max(latest, event["occurred_at"])
    assert 0.05 < late / len(events) <= 0.12
    assert 15_000 < longest <= 30_000


def test_disorder_is_repeatable():
    assert list(islice(simulate(LATE), 2000)) == list(islice(simulate(LATE), 2000))
