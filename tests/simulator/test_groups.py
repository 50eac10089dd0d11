"""After every deed a dialer has begun what its mode asks for, or waits for exactly what has run out (domain 3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator import preset
from simulator.groups import Group
from simulator.modes import MODES
from simulator.scenario import Scenario
from simulator.site import Site
from simulator.world import World


def _check(group: Group) -> None:
    counts = group.staff.free, group.talking, group.ringing, group.daring
    assert min(counts) >= 0
    assert group.held >= 0
    assert group.free_ports >= 0
    if not group.running:
        assert group.waiting_for is None
        return
    wanted = MODES[group.mode].wants(*counts) > 0
    idle = not (group.staff.free or group.ringing or group.held)
    if group.trouble:
        assert group.waiting_for is None
    elif wanted:
        assert group.waiting_for == ("Records" if group.free_ports else "Ports")
    else:
        assert group.waiting_for == ("Agents" if idle else None)


@pytest.mark.parametrize(
    "scenario", [preset("demo", seed=4), replace(preset("demo", seed=8), agents=2.0), replace(preset("site"), speed=10.0)]
)
def test_waiting_is_told_exactly(scenario: Scenario):
    site = Site(World(scenario))
    for _ in range(20_000):
        assert site.world.agenda.step(float("inf"))
        for group in site.groups[:4]:
            _check(group)


def test_agents_are_never_more_than_came():
    site = Site(World(preset("demo", seed=6)))
    for _ in range(30_000):
        assert site.world.agenda.step(float("inf"))
        for group in site.groups[:3]:
            assert group.staff.free <= group.agents
