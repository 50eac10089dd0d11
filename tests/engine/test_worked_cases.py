"""The worked cases of domain 8, to the digit."""

from __future__ import annotations

from pathlib import Path

from tests.engine.replaying import Replay, at, call, event

HOURLY = """
[profile.hour]
kind = "growing"
reset = "00:00 +1:00"
[profile.quarter]
kind = "growing"
reset = "00:00 +0:15"
"""
RUNNING = (
    HOURLY
    + """
[statistic.Running]
category = "TotalTime"
main = "StatusRunning"
profiles = ["hour", "quarter"]
[statistic.Completed]
category = "TotalTime"
main = "StatusRunning"
durations = "completed"
profiles = ["hour", "quarter"]
[statistic.Adjusted]
category = "TotalAdjustedTime"
main = "StatusRunning"
profiles = ["hour", "quarter"]
"""
)
RATES = (
    HOURLY
    + """
[statistic.Hit]
category = "RelativeNumberPercentage"
main = "DialAnswer"
relative = "DialMade"
profiles = ["hour"]
[statistic.Abandonment]
category = "RelativeNumberPercentage"
main = "DialAbandoned"
relative = "DialAnswer,DialAbandoned"
profiles = ["hour"]
"""
)
A_GROUP = [
    event("CampaignActivated", "10:00:00"),
    event("DialingStarted", "10:00:30", dial_mode="Predict"),
    event("WaitingAgentsStart", "10:01:00"),
    event("WaitingAgentsOver", "10:01:20"),
    event("DialModeChanged", "10:02:00", dial_mode="Progress"),
    event("DialingStopped", "10:05:00"),
    event("CampaignDeactivated", "10:06:00"),
]


def test_8_1_ends_of_a_group_and_its_running_time(tmp_path: Path) -> None:
    replay = Replay(tmp_path, A_GROUP, RUNNING, [at("10:03:00")])
    assert replay.ended() == [
        ("StatusActivated", 30),
        ("StatusWaitingAgents", 20),
        ("Predict", 90),
        ("Progress", 180),
        ("StatusRunning", 270),
        ("StatusActivated", 60),
    ]
    assert replay.at("CampaignGroup", at("10:03:00"), "hour")["values"] == {"Running": 150.0, "Completed": 0.0, "Adjusted": 0.0}


def test_8_2_a_status_across_two_windows(tmp_path: Path) -> None:
    events = [event("DialingStarted", "14:55:00"), event("DialingStopped", "15:05:00"), call("16:00:00", 33, group="G")]
    finals = Replay(tmp_path, events, RUNNING).finals("CampaignGroup", "quarter")
    first, second = finals[at("14:45:00")]["values"], finals[at("15:00:00")]["values"]
    assert (first["Running"], second["Running"]) == (300.0, 300.0)
    assert (first["Adjusted"], second["Adjusted"]) == (0.0, 600.0)


def test_8_3_a_campaign_runs_while_any_group_does(tmp_path: Path) -> None:
    events = [
        event("DialingStarted", "10:00:00", group="G1"),
        event("DialingStarted", "10:05:00", group="G2"),
        event("DialingStopped", "10:10:00", group="G1"),
        event("DialingStopped", "10:20:00", group="G2"),
    ]
    assert Replay(tmp_path, events, RUNNING).ended(campaign=True) == [("StatusRunning", 1200)]


def test_8_4_hit_ratio_and_abandonment(tmp_path: Path) -> None:
    results = [33] * 30 + [21] * 4 + [7] * 66
    events = [call("10:00:00", result, event_id=f"e{number}") for number, result in enumerate(results)]
    values = Replay(tmp_path, events, RATES, [at("10:30:00")]).at("Campaign", at("10:30:00"), "hour")["values"]
    assert values["Hit"] == 30.0
    assert round(values["Abandonment"], 2) == 11.76


def test_8_5_a_lead_is_one_chain(tmp_path: Path) -> None:
    chain = {"calling_list": "L", "chain_id": "7"}
    events = [
        event("CallCompleted", "10:00:00", call_result=6, **chain),
        event("CallCompleted", "10:10:00", call_result=33, **chain),
        event("LeadProcessed", "10:10:05", call_result=33, **chain),
        event("LeadProcessed", "10:10:09", call_result=33, **chain),
    ]
    replay = Replay(tmp_path, events, RATES)
    assert replay.counts() == {"DialMade": 2, "DialBusy": 1, "DialAnswer": 1, "LeadProcessed": 1, "LeadAnswer": 1}
    assert not replay.letters


AT_ONCE = (
    HOURLY
    + """
[statistic.Most]
category = "MaxNumber"
main = "Predict,Progress,StatusWaitingAgents"
profiles = ["hour"]
[statistic.Least]
category = "MinNumber"
main = "Predict,Progress,StatusWaitingAgents"
profiles = ["hour"]
[statistic.Mean]
category = "AverageOfCurrentNumber"
main = "Predict,Progress,StatusWaitingAgents"
profiles = ["hour"]
[statistic.MostWaiting]
category = "MaxNumber"
main = "StatusWaitingAgents"
profiles = ["hour"]
"""
)


def test_how_many_durable_actions_there_are_at_once(tmp_path: Path) -> None:
    """Domain 5.2, 5.4: Predict for 90 s, Progress for 180 s, and 20 s of StatusWaitingAgents beside them, in six minutes."""
    values = Replay(tmp_path, A_GROUP, AT_ONCE, [at("10:06:00")]).at("CampaignGroup", at("10:06:00"), "hour")["values"]
    assert values == {"Most": 2.0, "Least": 0.0, "Mean": 290 / 360, "MostWaiting": 1.0}
