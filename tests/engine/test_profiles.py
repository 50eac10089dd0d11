"""Windows that begin with a campaign, and the last N actions: cases beside the random ones (domain 6.3-6.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.replaying import Replay, at, call, event

DEFINITIONS = """
[profile.since]
kind = "since_activation"
[profile.period]
kind = "campaign_period"
days = 1
[profile.last]
kind = "selection"
count = 2
[statistic.Errors]
category = "TotalNumber"
main = "AgentError"
profiles = ["since", "period"]
[statistic.Hit]
category = "RelativeNumberPercentage"
main = "DialAnswer"
relative = "DialMade"
profiles = ["last"]
[statistic.Reverse]
category = "RelativeNumber"
main = "DialMade"
relative = "DialAnswer"
profiles = ["last"]
"""


def windows(replay: Replay, object_type: str, profile: str) -> dict[int, float]:
    """Errors counted in each closed window."""
    return {start: report["values"]["Errors"] for start, report in replay.finals(object_type, profile).items()}


def error(clock: str, number: int) -> dict[str, Any]:
    return event("AgentError", clock, event_id=f"error-{number}")


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_what_happens_at_the_instant_of_a_new_window_belongs_to_it(tmp_path: Path, chunk: int) -> None:
    """Domain 5.2 and 6.4: also what was applied before the campaign left StatusDeactivated."""
    events = [
        event("CampaignActivated", "10:00:00"),
        error("10:01:00", 1),
        event("CampaignDeactivated", "10:02:00"),
        error("10:03:00", 2),
        error("10:03:00", 3),
        event("CampaignActivated", "10:03:00", event_id="again"),
        error("10:04:00", 4),
        event("CampaignDeactivated", "10:05:00", event_id="off"),
        event("CampaignActivated", "10:06:00", event_id="once more"),
    ]
    replay = Replay(tmp_path, events, DEFINITIONS, chunk=chunk)
    for kind in ("Campaign", "CampaignGroup"):
        assert windows(replay, kind, "since") == {at("10:00:00"): 1.0, at("10:03:00"): 3.0}


def test_a_start_that_arrives_late_opens_its_window_after_the_stream_time(tmp_path: Path) -> None:
    """Domain 6.4: what was counted before stays where it is, and has no window."""
    events = [
        error("10:05:00", 1),
        event("CampaignActivated", "10:04:00"),
        error("10:06:00", 2),
        event("CampaignDeactivated", "10:07:00"),
        event("CampaignActivated", "10:08:00", event_id="again"),
    ]
    assert windows(Replay(tmp_path, events, DEFINITIONS), "Campaign", "since") == {at("10:05:00") + 1: 1.0}


def test_periods_begin_with_the_first_activation_and_hold_for_all_groups(tmp_path: Path) -> None:
    """Domain 6.5."""
    events = [
        event("CampaignActivated", "10:00:00"),
        error("10:30:00", 1),
        event("CampaignActivated", "12:00:00", group="H"),
        event("AgentError", "12:30:00", group="H"),
        {**error("10:00:00", 2), "occurred_at": at("10:00:00", day=6)},
    ]
    replay = Replay(tmp_path, events, DEFINITIONS)
    assert windows(replay, "Campaign", "period") == {at("10:00:00"): 2.0}
    assert list(replay.finals("CampaignGroup", "period")) == [at("10:00:00")]


def test_another_mask_takes_what_is_not_before_the_oldest_selected(tmp_path: Path) -> None:
    """Domain 6.3, 4.1: within one call DialMade is before DialAnswer."""
    events = [call(f"10:00:0{number}", result, event_id=f"c{number}") for number, result in enumerate((33, 6, 33, 6))]
    report = Replay(tmp_path, events, DEFINITIONS, instants=[at("11:00:00")]).at("Campaign", at("11:00:00"), "last")
    assert report["values"] == {"Hit": 50.0, "Reverse": 3 / 2}
    assert report["window_start"] == report["as_of"]
