"""A rate to aim at: how many agents a site needs to report so many events a second.

How many events an agent causes depends on modes, talks, lists and luck, so it is measured: a small site of the same kind is
simulated for a while first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from simulator.scenario import Scenario
from simulator.site import Site
from simulator.world import World

MOST_WAITING: Final = 1_000_000
"""Chains in all lists together at most: what bounds the memory of a site at high rates."""
_WARM_UP_MS: Final = 600_000
_TRIAL_MS: Final = 1_800_000
_REST_S: Final = 60.0
"""For each such rest of its agents a trial is as long again, so that it sees about as many events."""
_TRIAL_CAMPAIGNS: Final = 8
_TRIAL_AGENTS: Final = 25.0
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Yield:
    """What one agent brings in a second: events, and conversations."""

    events: float
    talks: float


def with_rate(scenario: Scenario) -> Scenario:
    """The scenario with as many agents, ports and records as its rate needs; itself if it names no rate.

    A rate that is less than one agent in each group brings is reached by longer rests. At high rates, where the lists would
    grow beyond ``MOST_WAITING`` chains, they stay there, and chains are tried again so much sooner.
    """
    if scenario.rate is None:
        return scenario
    groups = scenario.campaigns * scenario.groups_per_campaign
    fitted = scenario
    for _ in range(_ROUNDS):
        one = _measure(fitted)
        wanted = scenario.rate / (one.events * groups)
        fitted = replace(fitted, agents=max(1.0, wanted))
        if wanted < 1 or fitted.idle_s:
            rest = (1 / wanted - 1) / one.talks
            fitted = replace(fitted, idle_s=max(0.0, fitted.idle_s + rest), agents=1.0)
    return _with_records(fitted, fitted.agents / scenario.agents)


def _with_records(scenario: Scenario, growth: float) -> Scenario:
    wanted = scenario.records * growth
    records = min(wanted, MOST_WAITING / scenario.lists)
    return replace(scenario, records=max(1, int(records)), retry_speed=scenario.retry_speed * wanted / records, rate=None)


def _measure(scenario: Scenario) -> Yield:
    """Simulate a small site of the same kind, whose lists don't run out, and count."""
    start = scenario.start_ms + _WARM_UP_MS
    trial_ms = int(_TRIAL_MS * (1 + scenario.idle_s / _REST_S))
    agents = min(scenario.agents, _TRIAL_AGENTS)
    campaigns = min(scenario.campaigns, _TRIAL_CAMPAIGNS)
    trial = replace(
        scenario, tenants=1, campaigns=campaigns, lists=campaigns, agents=agents, records=100_000, rate=None, shift_begin_ms=None,
        until_ms=start + trial_ms, shift_ms=10 * trial_ms, shift_every_ms=10 * trial_ms,
    )  # fmt: skip
    site = Site(World(trial))
    measured = [event for event in site.events() if event["occurred_at"] >= start]
    agent_seconds = sum(group.agents for group in site.groups) * trial_ms / 1000
    talks = sum(event["kind"] == "CallCompleted" and event["call_result"] == 33 for event in measured)
    return Yield(len(measured) / agent_seconds, talks / agent_seconds)
