"""A rate to aim at, and how fast the simulation itself is."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice

import pytest

from simulator import Scenario, preset, simulate
from simulator.rate import MOST_WAITING, with_rate

MINUTE = 60_000
SLOWEST = 15_000
"""Events a CPU-second below which something is wrong on any machine, however busy; what it reaches is told in docs/simulator.md."""


def _measured(scenario: Scenario, minutes: int) -> float:
    begun = scenario.start_ms + 30 * MINUTE
    until = begun + minutes * MINUTE
    count = sum(event["occurred_at"] >= begun for event in simulate(replace(scenario, until_ms=until)))
    return count / (minutes * 60)


@pytest.mark.parametrize(("rate", "minutes", "seed"), [(0.3, 400, 1), (1, 400, 2), (4, 300, 3), (20, 60, 4), (60, 20, 5)])
def test_a_site_reports_at_its_rate(rate, minutes, seed):
    scenario = replace(preset("site", seed=seed), shift_begin_ms=None, rate=rate)
    assert _measured(scenario, minutes) == pytest.approx(rate, rel=0.2)


def test_a_lively_site_reports_at_its_rate():
    scenario = replace(preset("demo", seed=1), shift_ms=1200 * MINUTE, shift_every_ms=1200 * MINUTE, rate=15)
    assert _measured(scenario, 60) == pytest.approx(15, rel=0.2)


def test_a_rate_is_reached_with_agents_and_their_records():
    scenario = preset("site")
    fitted = with_rate(replace(scenario, rate=50))
    assert fitted.agents > 2 * scenario.agents
    assert fitted.records / scenario.records == pytest.approx(fitted.agents / scenario.agents, rel=0.01)


def test_lists_stay_bounded_at_any_rate():
    fitted = with_rate(replace(preset("site"), rate=100_000))
    assert fitted.records * fitted.lists <= MOST_WAITING
    assert fitted.retry_speed > 10


def test_the_simulation_is_fast():
    events = simulate(preset("site"))
    list(islice(events, 20_000))
    rounds = []
    for _ in range(5):
        begun = time.process_time()
        list(islice(events, 20_000))
        rounds.append(20_000 / (time.process_time() - begun))
    assert max(rounds) > SLOWEST
