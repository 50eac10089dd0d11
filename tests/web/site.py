"""A made-up site for the page: reports as the pipeline publishes them, without a pipeline."""

import random
from dataclasses import dataclass, field
from typing import Any

from web.board import Board, Phase

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


def report(
    values: dict[str, float | None],
    *,
    object_type: str = "Campaign",
    profile: str = "today",
    tenant: str = "",
    campaign: str | None = "spring",
    group: str | None = None,
    calling_list: str | None = None,
    window_start: int = 0,
    as_of: int = 10 * SECOND,
    final: bool = False,
    state: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A StatisticReport in the offline form."""
    return {
        "object_type": object_type,
        "tenant": tenant,
        "campaign": campaign,
        "group": group,
        "calling_list": calling_list,
        "profile": profile,
        "window_start": window_start,
        "as_of": as_of,
        "revision": 0,
        "final": final,
        "values": values,
        "state": state,
        "inputs": [],
    }


def state(status: str = "StatusRunning", since: int = 0, mode: str | None = None, **conditions: int) -> dict[str, Any]:
    """The state of a report."""
    return {"status": status, "since": since, "dial_mode": mode, "dial_mode_since": mode and since, "conditions": conditions}


class LiveFeed:
    """Stands for the feed: live as soon as somebody watches."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.watchers = 0

    def watch(self) -> None:
        self.watchers += 1
        self.board.turn(Phase.LIVE)

    def leave(self) -> None:
        self.watchers -= 1


@dataclass
class Campaign:
    """A campaign that dials: `rate` dials a minute, shares of answered and abandoned ones."""

    name: str
    tenant: str
    status: str
    mode: str | None
    rate: float
    answered: float
    abandoned: float
    groups: tuple[str, ...]
    lists: tuple[str, ...]
    running_for: int
    conditions: dict[str, int] = field(default_factory=dict)
    dials: list[tuple[int, float]] = field(default_factory=list)
    base: int = 0


CAMPAIGNS = (
    Campaign(
        "Spring renewals",
        "Nordwind",
        "StatusRunning",
        "Predict",
        38,
        0.33,
        0.021,
        ("Lisbon evening", "Porto", "Home agents"),
        ("renewals-q2",),
        2 * HOUR + 13 * MINUTE,
        base=5200,
    ),
    Campaign(
        "Card activation",
        "Nordwind",
        "StatusRunning",
        "Progress",
        14,
        0.41,
        0.0,
        ("Lisbon day", "Porto"),
        ("cards-new", "cards-replaced"),
        47 * MINUTE,
        {"StatusWaitingAgents": 38 * SECOND},
        base=1310,
    ),
    Campaign(
        "Overdue 30+",
        "Collect 24",
        "StatusRunning",
        "Predict",
        55,
        0.24,
        0.052,
        ("Gdańsk A", "Gdańsk B", "Łódź"),
        ("overdue-2026-04",),
        5 * HOUR + 4 * MINUTE,
        base=14870,
    ),
    Campaign("Customer survey", "", "StatusRunning", "Preview", 3.2, 0.52, 0.0, ("Quality",), ("survey-may",), 26 * MINUTE, base=96),
    Campaign(
        "Broadband upgrade",
        "Telvia",
        "StatusRunning",
        "PredictAndSeize",
        29,
        0.3,
        0.027,
        ("Sevilla", "Málaga"),
        ("fibre-south", "fibre-coast"),
        HOUR + 31 * MINUTE,
        {"StatusSystemError": 4 * MINUTE},
        base=3890,
    ),
    Campaign("Blood donors", "Red Cross", "StatusActivated", None, 0, 0.47, 0.0, ("Volunteers",), ("donors-west",), 12 * MINUTE, base=640),
    Campaign(
        "Appointment reminders",
        "Clínica Sol",
        "StatusDeactivated",
        None,
        0,
        0.61,
        0.004,
        ("Front desk",),
        ("appointments",),
        3 * HOUR,
        base=820,
    ),
    Campaign("Win-back autumn", "Telvia", "StatusDeactivated", None, 0, 0.22, 0.019, ("Sevilla",), ("left-2025",), 19 * HOUR, base=2210),
)


class Site:
    """Reports of all campaigns over the last minutes up to `now`, then second by second."""

    def __init__(self, board: Board, now: int, campaigns: tuple[Campaign, ...] = CAMPAIGNS, seed: int = 5) -> None:
        self.board = board
        self.random = random.Random(seed)
        self.campaigns = campaigns
        self.started = now
        self.totals = {campaign.name: campaign.base for campaign in campaigns}
        self.history: dict[str, list[tuple[int, int]]] = {campaign.name: [] for campaign in campaigns}
        for at in range(now - 15 * MINUTE, now + 1, 5 * SECOND):
            self.step(at, 5)

    def step(self, at: int, seconds: float) -> None:
        """All reports at `at`, `seconds` after the ones before."""
        for campaign in self.campaigns:
            mean = campaign.rate * seconds / 60 * (1 + 0.5 * self.random.uniform(-1, 1))
            made = sum(self.random.random() < mean / 12 for _ in range(12))
            self.totals[campaign.name] += made
            self.history[campaign.name].append((at, made))
            self._publish(campaign, at)

    def _publish(self, campaign: Campaign, at: int) -> None:
        day = self.started - self.started % (24 * HOUR)
        total = self.totals[campaign.name]
        last15 = sum(made for when, made in self.history[campaign.name] if when > at - 15 * MINUTE)
        whole = state(
            campaign.status,
            self.started - campaign.running_for,
            campaign.mode,
            **{name: self.started - ago for name, ago in campaign.conditions.items()},
        )
        place = {"tenant": campaign.tenant, "campaign": campaign.name}
        self._object(campaign, total, last15, at, day, whole, {**place, "object_type": "Campaign"})
        parts = [0.46, 0.33, 0.21] if len(campaign.groups) == 3 else [0.58, 0.42] if len(campaign.groups) == 2 else [1.0]
        for number, (group, part) in enumerate(zip(campaign.groups, parts, strict=True)):
            rests = number == 2 and campaign.status == "StatusRunning"
            own = (
                state("StatusActivated", self.started - 9 * MINUTE) if rests else {**whole, "since": whole["since"] + number * 11 * MINUTE}
            )
            if number:
                own = {**own, "conditions": {}}
            self._object(
                campaign, int(total * part), int(last15 * part), at, day, own, {**place, "object_type": "CampaignGroup", "group": group}
            )
        for calling_list in campaign.lists:
            share = 1 / len(campaign.lists)
            own_list = {"calling_list": calling_list, "tenant": campaign.tenant}
            self._object(
                campaign,
                int(total * share),
                int(last15 * share),
                at,
                day,
                None,
                {**own_list, "campaign": None, "object_type": "CallingList"},
            )
            self._object(
                campaign,
                int(total * share),
                int(last15 * share),
                at,
                day,
                None,
                {**place, **own_list, "object_type": "CampaignCallingList"},
            )

    def _object(
        self, campaign: Campaign, total: int, last15: int, at: int, day: int, own: dict[str, Any] | None, identity: dict[str, Any]
    ) -> None:
        for profile, dials, start in (("today", total, day), ("last15", last15, at - 15 * MINUTE)):
            answers, abandoned = round(dials * campaign.answered), round(dials * campaign.abandoned * campaign.answered)
            values = {
                "DialsMade": float(dials),
                "Answers": float(answers),
                "HitRatio": 100 * answers / dials if dials else None,
                "Abandoned": float(abandoned),
                "AbandonRate": 100 * abandoned / (answers + abandoned) if answers + abandoned else None,
                "LeadsProcessed": float(round(dials * 0.31)),
                "DialsPerSecond": dials / 900,
            }
            self.board.apply(report(values, profile=profile, window_start=start, as_of=at, **identity))
        scheduled = {"RecordsScheduled": float(max(0, 42_000 - 2 * total))}
        self.board.apply(report(scheduled, profile="now", window_start=at, as_of=at, state=own, **identity))
