"""The one way into the simulation: from a scenario to its events."""

from __future__ import annotations

import random
from collections.abc import Iterator

from simulator.disorder import disordered
from simulator.journal import Event
from simulator.rate import with_rate
from simulator.scenario import Scenario
from simulator.site import Site
from simulator.world import World


def simulate(scenario: Scenario) -> Iterator[Event]:
    """The input events of a site in the offline form (contract 4), in order of occurred_at, as fast as they can be made.

    The same scenario gives the same events. They go on for ever unless the scenario ends; with a ``late_share``, that share
    of them comes later than its occurred_at says, and late control events may then be anomalies (domain 3.3).
    """
    events = Site(World(with_rate(scenario))).events()
    if not scenario.late_share:
        return events
    chance = random.Random(f"late {scenario.seed}")  # noqa: S311 - repeatable, and apart from the site's own chance
    return disordered(events, chance, scenario.late_share, scenario.late_ms)
