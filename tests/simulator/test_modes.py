"""Dial modes behave differently: overdialling ones abandon, a preview waits for its agent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from engine.catalog import DIAL_MODES
from simulator import Event, preset, simulate
from simulator.modes import BASE_MODES, MODES, daring_after
from simulator.site import Site
from simulator.world import World

from .follower import Follower

MINUTE = 60_000


@pytest.mark.parametrize(
    ("mode", "counts", "wanted"),
    [
        ("Progress", (5, 3, 2, 1.0), 3),
        ("Progress", (0, 9, 0, 1.0), 0),
        ("Preview", (4, 0, 0, 1.0), 4),
        ("Power", (10, 0, 4, 1.0), 12),
        ("Power", (0, 10, 0, 1.0), 0),
        ("Predict", (4, 10, 2, 1.0), 9),
        ("Predict", (0, 20, 0, 1.0), 3),
    ],
)
def test_calls_wanted(mode, counts, wanted):
    assert MODES[mode].wants(*counts) == wanted


def test_every_mode_is_in_the_table():
    assert set(MODES) == set(DIAL_MODES) - {"NoDial"}


def test_daring_balances_at_some_three_percent():
    daring, answered, abandoned = 1.0, 0, 0
    for _ in range(10_000):
        lost = daring > 1.2
        answered, abandoned = answered + 1, abandoned + lost
        daring = daring_after(daring, lost)
    assert 0.02 < abandoned / answered < 0.05


def _modes_during(follower: Follower, call: Event) -> set[str]:
    """The modes that held from the dial to the answer."""
    return follower.groups[call["tenant"], call["campaign"], call["group"]].modes_during(call["dialed_at"], call["answered_at"])


def test_only_overdialling_modes_abandon(demo):
    abandoned = [call for call in demo.calls if call["call_result"] == 21]
    assert abandoned
    for call in abandoned:
        assert any(MODES[mode].overdials for mode in _modes_during(demo, call)), call


def test_overdialling_abandons_a_few_percent(demo):
    answers: Counter[bool] = Counter()
    for call in demo.calls:
        if call["call_result"] in (21, 33) and all(MODES[mode].overdials for mode in _modes_during(demo, call)):
            answers[call["call_result"] == 21] += 1
    assert 0.01 < answers[True] / answers.total() < 0.12


def _follow_in_mode(mode: str) -> Follower:
    """Twenty minutes of the same groups, all in one mode that they keep."""
    site = Site(World(replace(preset("site", seed=2, start_ms=0), shift_begin_ms=None, campaigns=4, until_ms=20 * MINUTE)))
    for group in site.groups:
        group.mode = mode
    return Follower().follow(site.events())


def test_modes_make_the_more_calls_the_less_they_wait_for_agents():
    calls = {mode: len(_follow_in_mode(mode).calls) for mode in ("Preview", "Progress", "Predict")}
    assert calls["Preview"] < calls["Progress"] < calls["Predict"]


def test_some_previewed_records_are_cancelled_without_a_dial_4_4():
    follower = _follow_in_mode("Preview")
    cancelled = [lead for lead in follower.leads if lead["call_result"] == 52]
    assert cancelled
    assert any(lead["attempt"] == 0 for lead in cancelled)


def test_the_demo_shows_every_base_mode_at_once():
    """Each within the first minute, and changes within minutes."""
    events = list(simulate(replace(preset("demo", start_ms=0), until_ms=5 * MINUTE)))
    assert events[0]["occurred_at"] < MINUTE // 4
    started = [event for event in events if event["kind"] == "DialingStarted" and event["occurred_at"] < MINUTE]
    assert {event["dial_mode"] for event in started} >= set(BASE_MODES)
    assert any(event["kind"] == "DialModeChanged" for event in events)
