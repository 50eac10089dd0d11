"""Sites simulated once for many tests: what they reported, followed by the rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator import Event, preset, simulate

from .follower import Follower

HOUR = 3_600_000


@pytest.fixture(scope="session")
def demo_events() -> list[Event]:
    """Two hours of the demo."""
    scenario = preset("demo", seed=7, start_ms=0)
    return list(simulate(replace(scenario, until_ms=2 * HOUR)))


@pytest.fixture(scope="session")
def demo(demo_events: list[Event]) -> Follower:
    return Follower().follow(demo_events)


@pytest.fixture(scope="session")
def site() -> Follower:
    """A day of the site and the next morning."""
    scenario = preset("site", seed=3)
    return Follower().follow(simulate(replace(scenario, until_ms=scenario.start_ms + 26 * HOUR)))
