"""Scenarios: presets by name, and mistakes that are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator import PRESETS, Scenario, preset
from simulator.names import campaign_name, list_name, tenant_name
from simulator.site import Site
from simulator.world import World


def test_presets_take_a_seed_and_a_start():
    made = preset("demo", seed=9, start_ms=77)
    assert (made.seed, made.start_ms) == (9, 77)
    assert preset("site") == PRESETS["site"]


def test_an_unknown_preset_is_told_with_those_there_are():
    with pytest.raises(ValueError, match="demo, site, wide"):
        preset("moon")


@pytest.mark.parametrize(
    "wrong", [{"campaigns": 0}, {"agents": 0}, {"rate": 0.0}, {"rate": -1.0}, {"late_share": 1.5}, {"speed": 0}, {"shift_every_ms": 1}]
)
def test_what_no_site_can_be_is_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must"):
        replace(Scenario(), **wrong)


def test_names_are_unique_where_they_must_be():
    assert len({campaign_name(number) for number in range(3000)}) == 3000
    assert len({list_name(number) for number in range(300)}) == 300
    assert len({tenant_name(number, 20) for number in range(20)}) == 20
    assert tenant_name(0, 1) == ""


@pytest.mark.parametrize(("tenants", "campaigns", "lists"), [(1, 1, 1), (3, 7, 5), (2, 3, 9), (4, 2, 4), (5, 20, 1)])
def test_every_campaign_has_lists_of_its_tenant(tenants, campaigns, lists):
    site = Site(World(Scenario(tenants=tenants, campaigns=campaigns, lists=lists, groups_per_campaign=1)))
    assert len(site.groups) == campaigns
    for group in site.groups:
        assert group.lists
        assert all(each.tenant == group.tenant for each in group.lists)
        assert all(group.campaign in each.users for each in group.lists)


def test_agents_add_up():
    scenario = replace(preset("site"), agents=7.5)
    sizes = [group.agents for group in Site(World(scenario)).groups]
    assert sum(sizes) == pytest.approx(7.5 * len(sizes), abs=1)
    assert len(set(sizes)) > 3
