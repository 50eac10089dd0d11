"""A whole site, built from a scenario: its campaigns with their groups, and the lists that they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from simulator.groups import Group
from simulator.journal import Event
from simulator.lists import CallingList
from simulator.names import campaign_name, group_name, list_name, tenant_name
from simulator.outcomes import outcomes_of_list
from simulator.world import World

LIST_SIZES: Final = (0.7, 1.3)
GROUP_SIZES: Final = (0.6, 1.4)
FEWEST_RECORDS: Final = 50


class Site:
    """Tenants, campaigns, groups and lists, and the world that they share. Campaigns and lists are dealt out to the tenants in turn."""

    def __init__(self, world: World) -> None:
        self.world = world
        scenario = world.scenario
        self.lists = [self._list(number) for number in range(max(scenario.lists, scenario.tenants))]
        sizes = self._group_sizes(scenario.campaigns * scenario.groups_per_campaign)
        self.groups: list[Group] = []
        for number, lists in enumerate(self._lists_of_campaigns()):
            for place in range(scenario.groups_per_campaign):
                names = (lists[0].tenant, campaign_name(number), group_name(place))
                self.groups.append(Group(world, names, lists, sizes[len(self.groups)], len(self.groups)))

    def events(self) -> Iterator[Event]:
        """What the site reports, in order of occurred_at; ends with the scenario, else never."""
        agenda, pages = self.world.agenda, self.world.journal.pages
        until = self.world.scenario.until_ms
        end = float("inf") if until is None else until
        while agenda.step(end):
            if pages:
                yield from pages
                pages.clear()

    def _list(self, number: int) -> CallingList:
        scenario, chance = self.world.scenario, self.world.chance
        place, tenant = divmod(number, scenario.tenants)
        size = max(FEWEST_RECORDS, int(scenario.records * chance.uniform(*LIST_SIZES)))
        outcomes = outcomes_of_list(chance, random_numbers=self.world.happens(scenario.random_share))
        return CallingList(self.world, tenant_name(tenant, scenario.tenants), list_name(place), size, outcomes)

    def _lists_of_campaigns(self) -> list[Sequence[CallingList]]:
        """The lists of each campaign: every list has a campaign, every campaign a list, and shared ones have one campaign more."""
        scenario = self.world.scenario
        used: list[list[CallingList]] = [[] for _ in range(scenario.campaigns)]
        for tenant in range(min(scenario.tenants, scenario.campaigns)):
            campaigns = range(tenant, scenario.campaigns, scenario.tenants)
            lists = self.lists[tenant :: scenario.tenants]
            for place in range(max(len(campaigns), len(lists))):
                used[campaigns[place % len(campaigns)]].append(lists[place % len(lists)])
            for place, each in enumerate(lists):
                neighbour = used[campaigns[(place + 1) % len(campaigns)]]
                if each not in neighbour and self.world.happens(scenario.shared_share):
                    neighbour.append(each)
        for number, each_used in enumerate(used):
            for each in each_used:
                each.users.append(campaign_name(number))
        return list(used)

    def _group_sizes(self, groups: int) -> list[int]:
        """Agents of each group: sizes differ, their sum is what the scenario says, and nobody is left without one."""
        weights = [self.world.chance.uniform(*GROUP_SIZES) for _ in range(groups)]
        share = self.world.scenario.agents * groups / sum(weights)
        sizes, owed = [], 0.0
        for weight in weights:
            owed += weight * share
            sizes.append(max(1, round(owed)))
            owed -= sizes[-1]
        return sizes
