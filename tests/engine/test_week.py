"""A week of a simulated site with daily resets in three time zones: the final reports add up to the actions (domain 6.1, 7.4, 7.5).

The week holds the night on which clocks in Paris go forward, so that its days have 23 hours once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import pytest

from simulator import preset, simulate
from tests.engine.replaying import Replay

WEEK_MS = 7 * 86_400_000
START = round(datetime(2025, 3, 27, 5, tzinfo=UTC).timestamp() * 1000)
ZONES = {"angeles": "America/Los_Angeles", "paris": "Europe/Paris", "kolkata": "Asia/Kolkata"}
COUNTED = ("DialMade", "DialAnswer", "DialBusy", "LeadProcessed", "CallbackScheduled", "RecordsNotProcessed")
LASTING = ("StatusRunning", "StatusActivated", "StatusWaitingAgents", "Predict", "Preview", "Progress")
DEFINITIONS = (
    "".join(f'[profile.{name}]\nkind = "growing"\nreset = "00:00"\ntimezone = "{zone}"\n' for name, zone in ZONES.items())
    + "".join(f'[statistic.{name}]\ncategory = "TotalNumber"\nmain = "{name}"\nprofiles = {list(ZONES)}\n' for name in COUNTED)
    + "".join(f'[statistic.{name}]\ncategory = "TotalTime"\nmain = "{name}"\nprofiles = {list(ZONES)}\n' for name in LASTING)
    + "".join(f'[statistic.{name}Ends]\ncategory = "TotalAdjustedTime"\nmain = "{name}"\nprofiles = {list(ZONES)}\n' for name in LASTING)
)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Replay, int]:
    """A replay of the week, and the instant after its last event."""
    scenario = replace(preset("site"), seed=3, start_ms=START, rate=0.04, late_share=0.02, late_ms=1_800_000)
    events = list(takewhile(lambda event: event["occurred_at"] < START + WEEK_MS, simulate(scenario)))
    last = max(event["occurred_at"] for event in events) + 1
    uses = dict.fromkeys((event["campaign"], event["calling_list"]) for event in events if event.get("calling_list"))
    # A list's day is over when its own events say so: each has one at the very end.
    for number, (campaign, calling_list) in enumerate(uses):
        call = {"event_id": f"last-{number}", "kind": "CallCompleted", "call_result": 6, "occurred_at": last}
        events.append({**call, "campaign": campaign, "calling_list": calling_list})
    end = last + 1
    assert end > START + WEEK_MS - 86_400_000, "the events must last for a week"
    return Replay(tmp_path_factory.mktemp("week"), events, DEFINITIONS, [end]), end


def names(record: dict[str, Any], object_type: str) -> tuple[Any, ...]:
    """Type and names of one of the objects that a record is about."""
    fields = {"Campaign": ("campaign",), "CampaignGroup": ("campaign", "group"), "CallingList": ("calling_list",)}
    return (object_type, record["tenant"], *(record[name] for name in fields.get(object_type, ("campaign", "calling_list"))))


def of_reports(replay: Replay, profile: str) -> dict[Any, dict[str, float]]:
    """By object, the sums over the last final of every window and the window that is open at the end."""
    last = {}
    for report in replay.reports:
        if report["profile"] == profile:
            last[names(report, report["object_type"]), report["window_start"], report["final"]] = report["values"]
    sums: dict[Any, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (key, *_), values in last.items():
        for name, value in values.items():
            sums[key][name] += value
    return {key: {name: round(value, 3) for name, value in found.items() if value} for key, found in sums.items()}


def of_actions(replay: Replay, end: int) -> dict[Any, dict[str, float]]:
    """The same from the actions alone: instants by number, durable actions by their time, up to the end where they have none."""
    sums: dict[Any, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for action in replay.actions:
        for object_type in action["objects"]:
            found = sums[names(action, object_type)]
            name = action["action"]
            if name in COUNTED:
                found[name] += action["count"]
            elif name in LASTING and action["phase"] == "begin":
                found[name] += (end - action["occurred_at"]) / 1000
            elif name in LASTING:
                found[name] -= (end - action["occurred_at"]) / 1000
                found[f"{name}Ends"] += action["duration_ms"] / 1000
    return {key: {name: round(value, 3) for name, value in found.items() if round(value, 3)} for key, found in sums.items()}


@pytest.mark.parametrize("profile", ZONES)
def test_final_reports_add_up_to_the_actions(week: tuple[Replay, int], profile: str) -> None:
    replay, end = week
    reported, acted = of_reports(replay, profile), of_actions(replay, end)
    assert {key[0] for key in reported} == {"Campaign", "CampaignGroup", "CallingList", "CampaignCallingList"}
    assert {key: values for key, values in reported.items() if values} == {key: values for key, values in acted.items() if values}


def test_days_are_those_of_each_zone(week: tuple[Replay, int]) -> None:
    """Paris has a day of 23 hours in this week; the others have none."""
    replay, _ = week
    for profile, short in (("angeles", 0), ("paris", 1), ("kolkata", 0)):
        finals = replay.finals("Campaign", profile)
        lengths = {start: (report["as_of"] - start) / 3_600_000 for start, report in finals.items()}
        assert len(lengths) >= 6
        assert sorted(lengths.values())[: short + 1] == [23.0] * short + [24.0]


def test_the_actions_of_the_week_are_many(week: tuple[Replay, int]) -> None:
    """A sum that is right because there is nothing to add up would say nothing."""
    replay, end = week
    total: dict[str, float] = defaultdict(float)
    for values in of_actions(replay, end).values():
        for name, value in values.items():
            total[name] += value
    assert all(total[name] > 0 for name in (*COUNTED, *LASTING)), json.dumps(total)
