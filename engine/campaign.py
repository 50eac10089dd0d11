"""One campaign as its control events leave it: groups, status, durable actions, gauges (domain 3, 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from engine.catalog import ACTION_BY_NAME
from engine.gauges import Gauges
from engine.spans import Spans
from engine.status import DEACTIVATED, Change, GroupStatus, apply_control, campaign_status, latest_status_change

Pair: TypeAlias = tuple[str | None, str | None]
"""The group and the list that a RecordsScheduled report names (domain 4.7)."""

OF_CAMPAIGN = ""
"""Owner of the campaign's own status in its spans; the others are named by their group."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Begin or end of one durable action: credited to the group, the campaign, or both (domain 3.6)."""

    action: str
    of_group: bool
    of_campaign: bool
    at: int
    begun_at: int | None = None


@dataclass(slots=True)
class Group:
    """A group of a campaign: the machine, and its durable actions over time."""

    status: GroupStatus = field(default_factory=GroupStatus)
    spans: Spans = field(default_factory=Spans)


@dataclass(slots=True)
class Campaign:
    """A campaign's groups and what follows from them. ``status`` is None before any (domain 3.0)."""

    groups: dict[str, Group] = field(default_factory=dict)
    status: str | None = None
    since: int = 0
    spans: Spans = field(default_factory=Spans)
    gauges: Gauges[Pair] = field(default_factory=Gauges)
    _pairs: list[Pair] = field(default_factory=list)
    _pairs_of: dict[Pair, list[Pair]] = field(default_factory=dict)

    def pairs(self, group: str | None, calling_list: str | None) -> Sequence[Pair]:
        """The pairs that have reported a gauge: those of a group, of a list, or all of them (domain 4.7)."""
        for pair in islice(self.gauges.readings, len(self._pairs), None):
            self._pairs.append(pair)
            for name in ((pair[0], None), (None, pair[1])):
                self._pairs_of.setdefault(name, []).append(pair)
        return self._pairs if group is None and calling_list is None else self._pairs_of.get((group, calling_list), ())

    def control(self, name: str, kind: str, mode: str | None, at: int) -> list[Transition]:
        """Apply a control event of group ``name`` at ``at`` ms; the transitions are in order of publication (domain 4.1).

        Raises:
            AnomalyError: see ``engine.status.apply_control``; nothing has changed.
        """
        group = self.groups.get(name) or Group()
        change = apply_control(group.status, kind, mode, at)
        if not change.ended and not change.begun:
            return []
        self.groups.setdefault(name, group)
        ended, begun = self._of_group(name, group, change, at)
        if change.status_changed:
            campaign_ended, campaign_begun = self._follow()
            return [*ended, *campaign_ended, *campaign_begun, *begun]
        return [*ended, *begun]

    def _of_group(self, name: str, group: Group, change: Change, at: int) -> tuple[list[Transition], list[Transition]]:
        ended = [
            Transition(was.action, of_group=True, of_campaign=_shared(was.action), at=at, begun_at=was.begun_at) for was in change.ended
        ]
        begun = [Transition(action, of_group=True, of_campaign=_shared(action), at=at) for action in change.begun]
        for transition in ended:
            self._end(name, group, transition)
        for transition in begun:
            self._begin(name, group, transition)
        return ended, begun

    def _end(self, name: str, group: Group, transition: Transition) -> None:
        action = ACTION_BY_NAME[transition.action].index
        group.spans.end(name, action, transition.at)
        if transition.of_campaign:
            self.spans.end(name, action, transition.at)

    def _begin(self, name: str, group: Group, transition: Transition) -> None:
        action = ACTION_BY_NAME[transition.action].index
        group.spans.begin(name, action, transition.at)
        if transition.of_campaign:
            self.spans.begin(name, action, transition.at)

    def _follow(self) -> tuple[list[Transition], list[Transition]]:
        """Let the campaign's status follow its groups' (domain 3.5)."""
        statuses = [group.status for group in self.groups.values()]
        status = campaign_status(statuses)
        if status == self.status or (self.status is None and status == DEACTIVATED):
            return [], []
        at = latest_status_change(statuses)
        ended = []
        if self.status is not None:
            self.spans.end(OF_CAMPAIGN, ACTION_BY_NAME[self.status].index, at)
            ended.append(Transition(self.status, of_group=False, of_campaign=True, at=at, begun_at=self.since))
        self.spans.begin(OF_CAMPAIGN, ACTION_BY_NAME[status].index, at)
        self.status, self.since = status, at
        return ended, [Transition(status, of_group=False, of_campaign=True, at=at)]

    def drop_gauges(self, name: str, at: int) -> list[Pair]:
        """The gauges of a group that was removed at ``at`` go; returns the pairs that had any (domain 3.7)."""
        pairs = [pair for pair in self.gauges.readings if pair[0] == name and self.gauges.value(pair, at)]
        for pair in pairs:
            self.gauges.report(pair, at, 0)
        if pairs:
            self.groups.setdefault(name, Group()).status.last_change = at
        return pairs


def _shared(action: str) -> bool:
    """Whether a group's durable action is credited to its campaign too: modes and conditions are (domain 3.6)."""
    return ACTION_BY_NAME[action].family != "status"
