"""The status machine of a group, and the status of its campaign (domain 3).

Pure bookkeeping of what is in progress: which durable actions an event ends and begins, in the order of publication (4.1).
When an event applies (3.4) and who is told is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

DEACTIVATED: Final = "StatusDeactivated"
ACTIVATED: Final = "StatusActivated"
RUNNING: Final = "StatusRunning"

_CONDITIONS = {
    "WaitingAgents": "StatusWaitingAgents",
    "WaitingPorts": "StatusWaitingPorts",
    "WaitingRecords": "StatusWaitingRecords",
    "SystemError": "StatusSystemError",
}
_STARTS = {f"{kind}Start": action for kind, action in _CONDITIONS.items()}
_OVERS = {f"{kind}Over": action for kind, action in _CONDITIONS.items()}


class AnomalyError(Exception):
    """An event that can't be in the group's present status (domain 3.3); changes nothing."""


@dataclass(slots=True)
class GroupStatus:
    """What is in progress for one group, and since when (ms).

    ``status`` is None before the first and after a removal; the machine then stands in Deactivated (domain 3).
    ``last_change`` bounds late events from below (3.4); ``status_change`` is what the campaign's status goes by (3.5).
    """

    status: str | None = None
    since: int = 0
    mode: str | None = None
    mode_since: int = 0
    conditions: dict[str, int] = field(default_factory=dict)
    last_change: int | None = None
    status_change: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A durable action that ended, with its begin (ms)."""

    action: str
    begun_at: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one event ends and begins, each in order of publication (domain 4.1)."""

    ended: tuple[Ended, ...] = ()
    begun: tuple[str, ...] = ()
    status_changed: bool = False


NO_CHANGE: Final = Change()


def _leave(group: GroupStatus) -> tuple[Ended, ...]:
    """End the status with all that it holds: conditions by name, mode, status (domain 3.2, 4.1)."""
    ended = [Ended(action, begun_at) for action, begun_at in sorted(group.conditions.items())]
    if group.mode is not None:
        ended.append(Ended(group.mode, group.mode_since))
    if group.status is not None:
        ended.append(Ended(group.status, group.since))
    group.status, group.mode, group.conditions = None, None, {}
    return tuple(ended)


def _enter(group: GroupStatus, status: str, mode: str | None, at: int) -> Change:
    ended = _leave(group)
    group.status, group.since = status, at
    group.last_change = group.status_change = at
    if mode is None:
        return Change(ended, (status,), status_changed=True)
    group.mode, group.mode_since = mode, at
    return Change(ended, (status, mode), status_changed=True)


def _change_mode(group: GroupStatus, mode: str | None, at: int) -> Change:
    if mode is None or mode == group.mode or group.mode is None:
        return NO_CHANGE
    ended = Ended(group.mode, group.mode_since)
    group.mode, group.mode_since, group.last_change = mode, at, at
    return Change((ended,), (mode,))


def _begin_condition(group: GroupStatus, condition: str, at: int) -> Change:
    if condition in group.conditions:
        return NO_CHANGE
    group.conditions[condition] = group.last_change = at
    return Change(begun=(condition,))


def _end_condition(group: GroupStatus, condition: str, at: int) -> Change:
    begun_at = group.conditions.pop(condition, None)
    if begun_at is None:
        return NO_CHANGE
    group.last_change = at
    return Change((Ended(condition, begun_at),))


def remove(group: GroupStatus, at: int) -> Change:
    """GroupRemoved (domain 3.7): ends all that is in progress and begins nothing."""
    if group.status is None:
        return NO_CHANGE
    ended = _leave(group)
    group.last_change = group.status_change = at
    return Change(ended, status_changed=True)


def apply_control(group: GroupStatus, kind: str, mode: str | None, at: int) -> Change:
    """Apply one control event (domain 3, table) at ``at`` ms.

    Raises:
        AnomalyError: the event can't be in the present status (3.3); the group is as it was.
    """
    status = group.status or DEACTIVATED
    match kind:
        case "GroupRemoved":
            change = remove(group, at)
        case "CampaignActivated":
            change = _enter(group, ACTIVATED, None, at) if status == DEACTIVATED else NO_CHANGE
        case "CampaignDeactivated":
            change = NO_CHANGE if status == DEACTIVATED else _enter(group, DEACTIVATED, None, at)
        case "DialingStarted":
            change = _change_mode(group, mode, at) if status == RUNNING else _enter(group, RUNNING, mode or "NoDial", at)
        case "DialingStopped":
            change = _enter(group, ACTIVATED, None, at) if status == RUNNING else NO_CHANGE
        case _ if kind in _OVERS:
            change = _end_condition(group, _OVERS[kind], at)
        case _ if status != RUNNING:
            raise AnomalyError(f"{kind} needs a group that is in StatusRunning; this one is in {status}")
        case "DialModeChanged":
            change = _change_mode(group, mode, at)
        case _:
            change = _begin_condition(group, _STARTS[kind], at)
    return change


def campaign_status(groups: Iterable[GroupStatus]) -> str:
    """The status that the groups of a campaign give it (domain 3.5)."""
    held = {group.status for group in groups}
    if RUNNING in held:
        return RUNNING
    return ACTIVATED if ACTIVATED in held else DEACTIVATED


def latest_status_change(groups: Iterable[GroupStatus]) -> int:
    """The instant at which a change of the campaign's status applies (domain 3.5)."""
    return max(group.status_change for group in groups if group.status_change is not None)
