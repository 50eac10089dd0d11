"""Callbacks are scheduled, and then completed or missed; personal ones are some of them (domain 4.6)."""

from __future__ import annotations

from collections import Counter


def test_most_callbacks_are_completed_and_some_missed(demo):
    kinds = demo.kinds
    settled = kinds["CallbackCompleted"] + kinds["CallbackMissed"]
    assert 0.8 * kinds["CallbackScheduled"] < settled <= kinds["CallbackScheduled"]
    assert kinds["CallbackCompleted"] > kinds["CallbackMissed"] > 0


def test_personal_ones_are_some_of_all_kinds(demo_events):
    counts = Counter((event["kind"], event["personal"]) for event in demo_events if "personal" in event)
    for kind in ("CallbackScheduled", "CallbackCompleted", "CallbackMissed"):
        assert counts[kind, True] > 0
        assert counts[kind, False] > 0


def test_the_lead_of_a_missed_one_ends_without_a_dial_4_4(demo):
    errors = Counter(lead["call_result"] for lead in demo.leads if lead["call_result"] in (47, 48))
    assert errors.total() == demo.kinds["CallbackMissed"]
    assert not any(call["call_result"] in (47, 48) for call in demo.calls)
