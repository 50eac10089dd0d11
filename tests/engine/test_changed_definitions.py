"""Definitions that change on a running site: what is new begins with the history that is held, and reports say from when it is complete."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.definitions import Definitions, parse_definitions
from tests.drawing import drawn
from tests.engine.replaying import at as at_clock
from tests.engine.replaying import call, event
from tests.engine.test_against_plain import scenarios
from tests.engine.test_restarts import published

PROFILES = {
    "half": 'kind = "growing"\nreset = "00:00 +0:30"',
    "hour": 'kind = "growing"\nreset = "00:00 +1:00"',
    "odd": 'kind = "growing"\nreset = "23:20, 23:45, 00:10"',
    "day": 'kind = "growing"\ntimezone = "Asia/Shanghai"',
    "minutes": 'kind = "sliding"\nsize = 300\nstep = 60',
    "quarters": 'kind = "sliding"\nsize = 1800\nstep = 900',
    "since": 'kind = "since_activation"',
    "period": 'kind = "campaign_period"\ndays = 1',
    "last": 'kind = "selection"\ncount = 3',
}
STATISTICS = {
    "Dials": 'category = "TotalNumber"\nmain = "DialMade"',
    "Answers": 'category = "TotalNumber"\nmain = "DialAnswer,LeadAnswer"',
    "Running": 'category = "TotalTime"\nmain = "StatusRunning,Predict"',
    "Runs": 'category = "TotalAdjustedNumber"\nmain = "StatusRunning"',
    "ByResult": 'category = "TotalNumber"\nmain = "DialMade"\nby = ["call_result"]\nlimit = 20',
    "First": 'category = "TotalNumber"\nmain = "DialMade"\nwhere = { attempt = 1, dial_mode = ["Predict", ""] }',
    "Share": 'category = "Formula"\nformula = "Answers / max(First, 1)"',
}


@st.composite
def definitions(draw: st.DrawFn) -> Definitions:
    """Some statistics under some profiles each."""
    profiles = draw(st.lists(st.sampled_from(list(PROFILES)), min_size=1, max_size=4, unique=True))
    chosen = draw(st.lists(st.sampled_from(list(STATISTICS)), min_size=1, max_size=5, unique=True))
    if "Share" in chosen:
        chosen = list(dict.fromkeys([*chosen, "Answers", "First"]))
    text = "".join(f"[profile.{name}]\n{table}\n" for name, table in PROFILES.items() if name in profiles)
    for name in chosen:
        under = [profile for profile in profiles if profile != "last" or name in {"Dials", "Answers", "Runs"}]
        if under:
            text += f"[statistic.{name}]\n{STATISTICS[name]}\nprofiles = {under!r}\n"
        else:
            text += f'[profile.spare]\nkind = "growing"\n[statistic.{name}]\n{STATISTICS[name]}\nprofiles = ["spare"]\n'
    return parse_definitions(text.replace('[profile.spare]\nkind = "growing"\n', "", text.count("[profile.spare]") - 1), "test")


def values_by_key(reports: list[Any]) -> dict[Any, Any]:
    """The last report of each object, profile, window and instant."""
    names = ("object_type", "tenant", "campaign", "group", "calling_list", "profile", "window_start", "as_of", "final")
    return {tuple(report[name] for name in names): report for report in reports}


@drawn(150)
@given(events=scenarios(), sets=st.lists(definitions(), min_size=2, max_size=3), when=st.lists(st.integers(1, 12), min_size=2, max_size=2))
def test_what_is_not_told_to_be_incomplete_is_complete(events: list[dict[str, Any]], sets: list[Definitions], when: list[int]) -> None:
    """A value is what it would be had the definitions always been these, unless its report says that it is not complete."""
    instant = max(event["occurred_at"] for event in events) + 1
    restarts = dict(zip(sorted(when), sets[1:], strict=False))
    assume(len(events) >= 2 * max(restarts))
    _, reports, before = published(events, sets[0], instant, 2, restarts)
    _, always, _ = published(events, restarts[max(restarts)], instant, 2, {})
    expected = values_by_key(always)
    for key, report in values_by_key(reports[before:]).items():
        if key not in expected:
            continue
        complete = [name for name in expected[key]["values"] if name.split("{")[0] not in report["complete_from"]]
        assert {name: report["values"].get(name) for name in complete} == {name: expected[key]["values"][name] for name in complete}, report


def changed(events: list[dict[str, Any]], after: int, new: str, at: int) -> dict[Any, Any]:
    """Reports of the campaign at an instant, by profile, when a statistic of the half hours became another after some events."""
    old = f'[profile.half]\n{PROFILES["half"]}\n[statistic.Dials]\n{STATISTICS["Dials"]}\nprofiles = ["half"]\n'
    _, reports, _ = published(events, parse_definitions(old, "old"), at, 1, {after: parse_definitions(new, "new")})
    return {one["profile"]: one for one in reports if one["object_type"] == "Campaign" and one["as_of"] == at and not one["final"]}


def test_a_report_says_from_when_it_is_complete() -> None:
    """Half hours that are held fill the hour that they lie in; the day in Shanghai began before what is held."""
    events = [*(call(clock, 6, event_id=clock) for clock in ("10:10:00", "10:40:00", "10:50:00")), event("AgentError", "10:35:00")]
    under = "".join(f"[profile.{name}]\n{PROFILES[name]}\n" for name in ("hour", "day", "half"))
    new = f'{under}[statistic.Dials]\n{STATISTICS["Dials"]}\nprofiles = ["hour", "day", "half"]\n'
    found = changed(events, 3, new, at_clock("10:55:00"))
    assert {name: (one["values"]["Dials"], one["complete_from"]) for name, one in found.items()} == {
        "half": (2, {}),
        "hour": (3, {}),
        "day": (3, {"Dials": at_clock("10:00:00")}),
    }


def test_a_breakdown_begins_when_it_is_defined() -> None:
    events = [call(clock, 6, event_id=clock) for clock in ("10:40:00", "10:45:00", "10:50:00")]
    new = f'[profile.half]\n{PROFILES["half"]}\n[statistic.ByResult]\n{STATISTICS["ByResult"]}\nprofiles = ["half"]\n'
    (report,) = changed(events, 2, new, at_clock("10:55:00")).values()
    assert report["values"] == {"ByResult": 3, 'ByResult{call_result="Busy"}': 1}
    assert report["complete_from"] == {"ByResult": at_clock("10:45:00") + 1}


MORE = {
    **PROFILES,
    "quarter": 'kind = "growing"\nreset = "00:00 +0:15"',
    "fives": 'kind = "sliding"\nsize = 1800\nstep = 300',
    "hours": 'kind = "sliding"\nsize = 10800\nstep = 3600',
}
NOTHING = "10:40:00.001"
"""Since when all is counted if nothing that was held can be told apart: since after the last event before the change, at 10:40."""


def dials(*profiles: str) -> Definitions:
    """Dials under these profiles alone."""
    text = "".join(f"[profile.{name}]\n{MORE[name]}\n" for name in profiles)
    return parse_definitions(f"{text}[statistic.Dials]\n{STATISTICS['Dials']}\nprofiles = {list(profiles)!r}\n", "test")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("half", "hour", ["10:00:00 - 4"]),
        ("half", "quarter", ["10:30:00 F 1", "10:45:00 - 1"]),
        ("half", "day", ["16:00:00 - 5 07:30:00"]),
        ("half", "fives", [f"10:25:00 - 1 {NOTHING}"]),
        ("half", "quarters", ["10:30:00 - 2"]),
        ("half", "hours", ["08:00:00 - 5"]),
        ("half", "since", ["08:00:00 - 5"]),
        ("half", "period", ["08:00:00 - 5"]),
        ("fives", "hour", ["10:00:00 - 4 10:10:00"]),
        ("fives", "half", ["10:30:00 - 2"]),
        ("fives", "quarter", ["10:30:00 F 1", "10:45:00 - 1"]),
        ("fives", "day", ["16:00:00 - 4 10:10:00"]),
        ("fives", "hours", ["08:00:00 - 4 10:10:00"]),
        ("fives", "since", ["08:00:00 - 4 10:10:00"]),
        ("fives", "period", ["08:00:00 - 4 10:10:00"]),
        ("quarter fives", "day", ["16:00:00 - 5 07:45:00"]),
        ("quarter fives", "hours", ["08:00:00 - 5"]),
        ("since", "hour", [f"10:00:00 - 1 {NOTHING}"]),
        ("since", "quarter", [f"10:30:00 F 0 {NOTHING}", "10:45:00 - 1"]),
        ("since", "fives", [f"10:25:00 - 1 {NOTHING}"]),
        ("since", "period", [f"08:00:00 - 1 {NOTHING}"]),
        ("day", "half", [f"10:30:00 - 1 {NOTHING}"]),
        ("day", "since", [f"08:00:00 - 1 {NOTHING}"]),
    ],
)
@pytest.mark.parametrize("kept", [False, True])
def test_what_is_held_fills_what_is_new(old: str, new: str, expected: list[str], kept: bool) -> None:
    """Whether the old profile goes or stays: the start of each window, whether it closed, its dials, since when they are complete.

    Events may come ten minutes late, so the half hour from 07:30 on is the oldest that is held when the first event was at 08:00; of a
    window that slides, what it has left behind is gone.
    """
    clocks = ("08:40:00", "10:10:00", "10:20:00", "10:40:00", "10:50:00")
    events = [event("DialingStarted", "08:00:00"), *(call(clock, 6, event_id=clock, group="G") for clock in clocks)]
    after = dials(*old.split(), new) if kept else dials(new)
    _, reports, before = published(events, dials(*old.split()), at_clock("10:55:00"), 1, {5: after})
    chosen = [one for one in reports[before:] if one["profile"] == new and one["object_type"] in {"Campaign", "CampaignGroup"}]
    assert [told(one) for one in chosen] == [one for one in expected for _ in range(2)]


@pytest.mark.parametrize(("old", "new", "expected"), [("half", "hour", "09:00:00 F 2"), ("fives", "quarter", "09:45:00 F 2")])
@pytest.mark.parametrize("kept", [False, True])
def test_what_is_held_fills_windows_that_are_over(old: str, new: str, expected: str, kept: bool) -> None:
    """A late event that corrects one of a new profile (6.6, 7.4) adds to what had happened in it before the change."""
    events = [call(clock, 6, event_id=clock) for clock in ("09:50:00", "10:05:00", "09:58:00")]
    after = dials(*old.split(), new) if kept else dials(new)
    _, reports, before = published(events, dials(old), at_clock("10:06:00"), 1, {2: after})
    chosen = [one for one in reports[before:] if one["profile"] == new and one["final"]]
    assert {one["object_type"]: told(one) for one in chosen} == dict.fromkeys(("Campaign", "CampaignCallingList", "CallingList"), expected)


def told(report: dict[str, Any]) -> str:
    """The start of a report's window, whether it closed, its dials, since when they are complete."""
    closed = "F" if report["final"] else "-"
    begun, *since = map(clock_of, (report["window_start"], *report["complete_from"].values()))
    return " ".join([begun, closed, f"{report['values']['Dials']:g}", *since])


def clock_of(instant: int) -> str:
    """The time of day, UTC."""
    return datetime.fromtimestamp(instant / 1000, UTC).time().isoformat("milliseconds").removesuffix(".000")
