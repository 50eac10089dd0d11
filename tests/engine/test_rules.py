"""Rules that the worked cases leave out, a case each; random scenarios are in ``test_against_plain``."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from agents.replay import run_replay
from engine.campaigns import Limits
from engine.definitions import default_definitions, parse_definitions
from tests.engine.replaying import Replay, at, call, event

COUNTS = """
[profile.hour]
kind = "growing"
reset = "00:00 +1:00"
[statistic.Dials]
category = "TotalNumber"
main = "DialMade"
profiles = ["hour"]
[statistic.Scheduled]
category = "CurrentNumber"
main = "RecordsScheduled"
[statistic.State]
category = "CurrentState"
"""


def test_dead_letters_name_the_first_check_that_fails(tmp_path: Path) -> None:
    """Domain 2.8, contract 6."""
    cases = [
        (call("10:00:00", 18), "invalid_call_result"),
        (call("10:00:00", 54), "invalid_call_result"),
        ({**call("10:00:00", 33), "campaign": ""}, "missing_field"),
        ({**call("10:00:00", 33), "call_result": "33"}, "malformed"),
        (event("Nonsense", "10:00:00"), "unknown_kind"),
        ({**event("Nonsense", "10:00:00"), "kind": ["CallCompleted"]}, "unknown_kind"),
        ({**event("Nonsense", "10:00:00"), "kind": {}}, "unknown_kind"),
        (event("DialingStarted", "10:00:00", dial_mode="predict"), "unknown_kind"),
        (event("WaitingPortsStart", "10:00:00"), "anomaly"),
        (event("CampaignActivated", "10:00:00", group=None), "missing_field"),
        (event("RecordScheduled", "10:00:00", records=-1), "malformed"),
    ]
    letters = Replay(tmp_path, [one for one, _ in cases], COUNTS).letters
    assert [(letter["line"], letter["reason"]) for letter in letters] == [(line, reason) for line, (_, reason) in enumerate(cases, start=1)]
    assert all(letter["detail"] for letter in letters)


def test_a_late_result_corrects_a_closed_window(tmp_path: Path) -> None:
    """Domain 6.6: within the allowed lateness, exactly at its limit still, a millisecond later not."""
    late = [call("10:59:59", 33, event_id="x"), call("11:30:00", 33, event_id="y"), call("10:30:00", 6, event_id="z")]
    too_late = [{**call("10:30:00", 6, event_id="w"), "occurred_at": at("10:30:00") - 1}]
    replay = Replay(tmp_path, [*late, *too_late], COUNTS, allowed_lateness=3_600_000)
    final = replay.finals("Campaign", "hour")[at("10:00:00")]
    assert (final["values"], final["as_of"]) == ({"Dials": 2.0}, at("11:00:00"))
    assert [letter["reason"] for letter in replay.letters] == ["too_late"]


def test_a_late_control_event_is_lifted_to_the_last_change(tmp_path: Path) -> None:
    """Domain 3.4: durations are never negative."""
    events = [event("DialingStarted", "10:10:00"), event("DialingStopped", "10:05:00")]
    assert Replay(tmp_path, events, COUNTS).ended() == [("NoDial", 0), ("StatusRunning", 0)]


def test_gauges_are_the_last_of_each_pair_and_go_with_their_group(tmp_path: Path) -> None:
    """Domain 4.7, 3.7."""
    events = [
        event("CampaignActivated", "10:00:00"),
        event("RecordScheduled", "10:00:01", calling_list="L", records=10),
        event("RecordScheduled", "10:00:02", calling_list="M", records=5),
        event("RecordScheduled", "10:00:03", calling_list="L", records=8),
        event("RecordScheduled", "10:00:02", calling_list="L", records=99, event_id="late"),
        event("GroupRemoved", "10:30:00"),
    ]
    before, after = at("10:20:00"), at("10:40:00")
    replay = Replay(tmp_path, events, COUNTS, [before, after])
    assert replay.at("Campaign", before, "now")["values"] == {"Scheduled": 13.0}
    assert replay.at("CampaignGroup", before, "now")["values"] == {"Scheduled": 13.0}
    assert replay.at("Campaign", after, "now")["values"] == {"Scheduled": 0.0}
    assert replay.at("CampaignGroup", after, "now")["state"] is None


def test_a_list_does_not_hear_the_time_of_a_group_that_is_removed(tmp_path: Path) -> None:
    """Domain 2.6: a list's stream time is that of what is credited to it; a removal takes its gauge away (4.7), and names no list."""
    events = [
        event("CampaignActivated", "10:00:00"),
        event("RecordScheduled", "10:05:00", calling_list="l", records=8),
        event("GroupRemoved", "11:05:00"),
    ]
    replay = Replay(tmp_path, events, COUNTS)
    assert at("10:00:00") not in replay.finals("CallingList", "hour")
    assert at("10:00:00") in replay.finals("Campaign", "hour")


def test_actions_of_one_cause_come_in_the_order_of_the_rule(tmp_path: Path) -> None:
    """Domain 4.1: conditions by name, mode, group, campaign; begins in the reverse."""
    events = [
        event("DialingStarted", "10:00:00", dial_mode="Power"),
        event("WaitingRecordsStart", "10:00:01"),
        event("WaitingAgentsStart", "10:00:02"),
        event("DialingStopped", "10:00:03"),
    ]
    last = [one for one in Replay(tmp_path, events, COUNTS).actions if one["event_id"].startswith("DialingStopped")]
    told = [(one["action"], one["phase"], "".join(name[0] for name in one["objects"]) + str(len(one["objects"]))) for one in last]
    assert told == [
        ("StatusWaitingAgents", "end", "CC2"),
        ("StatusWaitingRecords", "end", "CC2"),
        ("Power", "end", "CC2"),
        ("StatusRunning", "end", "C1"),
        ("StatusRunning", "end", "C1"),
        ("StatusActivated", "begin", "C1"),
        ("StatusActivated", "begin", "C1"),
    ]
    assert [one["action_id"] for one in last] == [f"{last[0]['event_id']}/{number}" for number in range(len(last))]
    assert [one["group"] for one in last][3:] == ["G", None, None, "G"]


def test_the_bank_campaign_has_the_published_counts(tmp_path: Path) -> None:
    """The counts that come with the data: nothing lost, nothing twice."""
    source = Path(__file__).parents[2] / "examples" / "bank_campaign.jsonl.gz"
    with gzip.open(source) as lines:
        run_replay(lines, parse_definitions(default_definitions(), "default"), Limits(), [], tmp_path, lambda _: None)  # type: ignore[arg-type]
    names = [line.split(b'"action":"')[1].split(b'"')[0] for line in (tmp_path / "actions.jsonl").read_bytes().splitlines()]
    expected = {"DialMade": 105_754, "LeadProcessed": 41_188}
    assert names.count(b"DialMade") == expected["DialMade"]
    assert names.count(b"LeadProcessed") == expected["LeadProcessed"]
    assert (tmp_path / "dead_letters.jsonl").read_bytes() == b""


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_a_replay_does_not_depend_on_its_chunks(tmp_path: Path, chunk: int) -> None:
    """Domain 7.5, on real events: actions byte for byte, last final values to the digit."""
    source = Path(__file__).parents[2] / "examples" / "bank_campaign.jsonl.gz"
    with gzip.open(source) as lines:
        head = b"".join(next(lines) for _ in range(3000))
    (tmp_path / "in.jsonl").write_bytes(head)
    definitions = parse_definitions(default_definitions(), "default")
    results = []
    for name, size in (("whole", 4096), ("split", chunk)):
        with (tmp_path / "in.jsonl").open("rb") as lines:
            run_replay(lines, definitions, Limits(), [], tmp_path / name, lambda _: None, size)
        results.append((tmp_path / name / "actions.jsonl").read_bytes())
    assert results[0] == results[1]
