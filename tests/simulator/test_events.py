"""Everything that a site reports is an event that the domain allows (domain 2.3, 3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from engine.catalog import EVENT_KINDS, RESULT_KINDS
from simulator import PRESETS, preset, simulate
from simulator.modes import MODES

from .follower import Follower


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_event_is_an_anomaly_3_3(name, seed):
    follower = Follower().follow(islice(simulate(preset(name, seed=seed)), 30_000))
    assert len(follower.ids) == 30_000


@pytest.mark.parametrize("agents", [1, 2, 60])
def test_groups_of_any_size_are_valid_3_3(agents):
    Follower().follow(islice(simulate(replace(preset("demo", seed=5), agents=agents)), 20_000))


def test_every_kind_happens(demo):
    assert set(demo.kinds) == {*EVENT_KINDS, *RESULT_KINDS}


def test_errors_and_removals_are_rare(site):
    calls = site.kinds["CallCompleted"]
    assert 0 < site.kinds["AgentError"] < calls / 500
    assert 0 < site.kinds["SystemErrorStart"] < calls / 1000
    assert site.kinds["GroupRemoved"] < site.kinds["CampaignActivated"] / 5


def test_the_same_seed_gives_the_same_events():
    first, again, other = (list(islice(simulate(preset("demo", seed=seed)), 5000)) for seed in (11, 11, 12))
    assert first == again
    assert first != other


def test_ids_name_the_seed():
    assert next(simulate(preset("demo", seed=42)))["event_id"] == "42-1"


def test_the_end_is_not_included():
    scenario = replace(preset("demo", start_ms=1_000_000), until_ms=1_100_000)
    instants = [event["occurred_at"] for event in simulate(scenario)]
    assert instants
    assert 1_000_000 <= min(instants) <= max(instants) < 1_100_000


def test_nothing_is_dialled_without_agents_or_by_a_broken_dialer(demo):
    """A dialer that waits for agents has nothing in the air, and one with a fault begins nothing; what it had begun to preview goes on."""
    seen: Counter[str] = Counter()
    for call in demo.calls:
        group, dialed = demo.groups[call["tenant"], call["campaign"], call["group"]], call["dialed_at"]
        previewed = any(MODES[mode].previews for mode in group.modes_during(dialed - 25_000, dialed))
        for condition, begun, ended in group.waits:
            if condition == "WaitingAgents" or (condition == "SystemError" and not previewed):
                seen[condition] += 1
                assert not begun < dialed < ended, f"{call} within {condition}"
    assert set(seen) == {"WaitingAgents", "SystemError"}
