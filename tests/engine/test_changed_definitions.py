"""Definitions that change on a running site: what is new begins with the history that is held, and reports say from when it is complete."""

from __future__ import annotations

from typing import Any

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
