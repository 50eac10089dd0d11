"""The engine against the plain implementation, on random scenarios: late, reordered and simultaneous events, removals (domain 7.5)."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replay import run_replay
from engine.campaigns import Limits
from engine.catalog import CONTROL_KINDS, EVENT_KINDS
from engine.categories import SELECTABLE
from engine.definitions import parse_definitions
from engine.statistic import Statistic
from recount.events import Event, Source, event_of
from recount.happened import Happened
from recount.history import History
from recount.order import of_file
from recount.selection import Selection
from recount.values import Asked, evaluate
from recount.window import Window
from tests.drawing import drawn

LATENESS, RETENTION = 600_000, 900_000
LIMITS = Limits(allowed_lateness=LATENESS, chain_retention=RETENTION)
START = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000 + 86_400_000 - 3_600_000
"""An hour before midnight, UTC."""


def half_hours(at: int) -> tuple[int, int]:
    """The window of resets every half hour in UTC."""
    start = at - at % 1_800_000
    return start, start + 1_800_000


def days(at: int, hours_ahead: int) -> tuple[int, int]:
    """The window of resets at midnight in a zone that is always so many hours ahead of UTC."""
    local = datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=hours_ahead)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=hours_ahead)
    start = round(midnight.timestamp() * 1000)
    return start, start + 86_400_000


STATISTICS: dict[str, dict[str, Any]] = {
    "Dials": {"category": "TotalNumber", "main": ["DialMade"]},
    "Mixed": {"category": "TotalNumber", "main": ["DialBusy", "Predict", "StatusRunning", "CallbackMissed", "AgentError"]},
    "Leads": {"category": "TotalNumber", "main": ["LeadProcessed", "LeadAnswer"]},
    "NotProcessed": {"category": "TotalNumber", "main": ["RecordsNotProcessed"]},
    "Hit": {"category": "RelativeNumberPercentage", "main": ["DialAnswer"], "relative": ["DialMade"], "empty": 0.0},
    "PerLead": {"category": "RelativeNumber", "main": ["DialMade"], "relative": ["LeadProcessed"]},
    "Pace": {"category": "TotalNumberPerSecond", "main": ["DialMade", "LeadProcessed"]},
    "Running": {"category": "TotalTime", "main": ["StatusRunning", "Predict", "NoDial"]},
    "Completed": {"category": "TotalTime", "main": ["StatusRunning", "Predict"], "durations": "completed"},
    "Runs": {"category": "TotalAdjustedNumber", "main": ["StatusRunning", "StatusWaitingAgents"]},
    "RunTime": {"category": "TotalAdjustedTime", "main": ["StatusRunning", "StatusWaitingAgents", "StatusActivated"]},
    "MeanRun": {"category": "AverageTime", "main": ["StatusRunning", "Progress"]},
    "Now": {"category": "CurrentNumber", "main": ["Predict", "Progress", "StatusWaitingAgents", "RecordsScheduled"]},
    "NowTime": {"category": "CurrentTime", "main": ["StatusRunning", "Predict"]},
    "Longest": {"category": "MaxTime", "main": ["StatusRunning", "Predict", "StatusWaitingAgents"]},
    "Shortest": {"category": "MinTime", "main": ["StatusRunning", "Predict", "StatusWaitingAgents"], "empty": 0.0},
    "Short": {"category": "TotalNumberInTimeRange", "main": ["StatusRunning", "StatusActivated"], "range": [0, 60]},
    "ShortShare": {"category": "TotalNumberInTimeRangePercentage", "main": ["StatusRunning", "StatusActivated"], "range": [30, 300]},
    "ShortTime": {"category": "TotalTimeInTimeRange", "main": ["StatusRunning", "StatusActivated"], "range": [0, 600]},
    "RunShare": {"category": "RelativeTimePercentage", "main": ["StatusRunning"], "relative": ["StatusRunning", "StatusActivated"]},
    "Elapsed": {"category": "ElapsedTimePercentage", "main": ["StatusRunning"]},
    "PerHour": {"category": "AverageNumberPerRelativeHour", "main": ["DialMade"], "relative": ["StatusRunning", "NoDial"]},
    "Most": {"category": "MaxNumber", "main": ["Predict", "Progress", "StatusWaitingAgents", "RecordsScheduled"]},
    "Least": {"category": "MinNumber", "main": ["StatusRunning", "RecordsScheduled"]},
    "Mean": {"category": "AverageOfCurrentNumber", "main": ["StatusRunning", "Predict", "RecordsScheduled"]},
    "MeanAge": {"category": "AverageOfCurrentTime", "main": ["StatusRunning", "Predict", "NoDial"]},
    "Oldest": {"category": "CurrentMaxTime", "main": ["Predict", "Progress", "StatusActivated"]},
    "Youngest": {"category": "CurrentMinTime", "main": ["Predict", "Progress", "StatusActivated"]},
    "MeanNow": {"category": "CurrentAverageTime", "main": ["Predict", "NoDial", "StatusRunning"]},
    "Fresh": {"category": "CurrentNumberInTimeRange", "main": ["Predict", "NoDial", "StatusRunning"], "range": [0, 120]},
    "FreshShare": {"category": "CurrentNumberInTimeRangePercentage", "main": ["Predict", "NoDial"], "range": [0.5, 120]},
    "PredictShare": {"category": "CurrentRelativeNumberPercentage", "main": ["Predict"], "relative": ["Predict", "Progress", "NoDial"]},
    "PredictTime": {"category": "CurrentRelativeTimePercentage", "main": ["Predict"], "relative": ["StatusRunning", "StatusActivated"]},
    "On": {"category": "CurrentContinuousTime", "main": ["StatusRunning", "StatusActivated"]},
    "Off": {"category": "CurrentContinuousTime", "main": ["StatusDeactivated", "StatusActivated"]},
    "Left": {"category": "EstimTimeToComplete"},
    "Half": {
        "category": "Formula",
        "formula": "round(if_null(Hit, 50) / max(Leads, 1) - -Dials * 0.5, 1)",
    },
    "Twice": {
        "category": "Formula",
        "formula": "abs(Half - Runs * 3) / Dials",
    },
}
PROFILES = {"half": half_hours, "day": lambda at: days(at, 8), "slide": lambda at: (-(-at // 60_000) * 60_000 - 300_000, 0)}
ALL_PROFILES = (*PROFILES, "since", "period", "last3")
DEFINITIONS = """
[profile.half]
kind = "growing"
reset = "00:00 +0:30"
[profile.day]
kind = "growing"
timezone = "Asia/Shanghai"
[profile.slide]
kind = "sliding"
size = 300
step = 60
[profile.since]
kind = "since_activation"
[profile.period]
kind = "campaign_period"
days = 1
[profile.last3]
kind = "selection"
count = 3
[statistic.State]
category = "CurrentState"
profiles = ["half", "day", "slide", "since", "period"]
""" + "".join(
    f"""
[statistic.{name}]
category = "{table["category"]}"
profiles = {json.dumps(["half", "day", "slide", "since", "period", *(["last3"] if table["category"] in SELECTABLE else [])])}
"""
    + "".join(
        f"{key} = {json.dumps(','.join(value) if key in {'main', 'relative'} else value)}\n"
        for key, value in table.items()
        if key != "category"
    )
    for name, table in STATISTICS.items()
)
PARSED = parse_definitions(DEFINITIONS, "test")
BY_NAME = {statistic.name: statistic for statistic in PARSED.statistics}

_steps = st.one_of(st.integers(0, 60_000), st.integers(-900_000, 900_000), st.sampled_from([0, 0, 0, 60_000, 300_000, 600_000, 1_800_000]))
_kinds = st.one_of(
    st.sampled_from(["CallCompleted", "LeadProcessed"]),
    st.sampled_from(["DialingStarted", "CampaignActivated", "CampaignDeactivated", "AgentError"]),
    st.sampled_from(EVENT_KINDS),
)


@st.composite
def scenarios(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of two tenants' campaigns, mostly in order of time, with jumps back and forth and onto window boundaries."""
    now, events = START, []
    for number in range(draw(st.integers(1, 60))):
        now += draw(_steps)
        if draw(st.integers(0, 5)) == 0:
            now -= now % 60_000
        events.append(_event(draw, f"e{number}", draw(_kinds), now))
    return events


def _event(draw: st.DrawFn, event_id: str, kind: str, at: int) -> dict[str, Any]:
    event: dict[str, Any] = {"event_id": event_id, "kind": kind, "tenant": draw(st.sampled_from(["", "", "", "t"])), "occurred_at": at}
    event["campaign"] = draw(st.sampled_from("ABC"[:2]))
    group, calling_list = draw(st.sampled_from(["g", "h"])), draw(st.sampled_from(["k", "l"]))
    if kind in {"CallCompleted", "LeadProcessed"}:
        event["calling_list"] = calling_list
        event["call_result"] = draw(st.sampled_from([0, 6, 33, 33, 21, 1, 54, -1]))
        if draw(st.booleans()):
            event["chain_id"] = draw(st.sampled_from("xy"))
        if draw(st.booleans()):
            event["group"] = group
        if draw(st.booleans()):
            event["attempt"] = draw(st.integers(1, 3))
        return event
    if kind in CONTROL_KINDS or draw(st.booleans()):
        event["group"] = group
    if draw(st.booleans()):
        event["calling_list"] = calling_list
    if kind == "DialModeChanged" or (kind == "DialingStarted" and draw(st.booleans())):
        event["dial_mode"] = draw(st.sampled_from(["Predict", "Progress", "NoDial"]))
    if kind.startswith("Callback"):
        event["personal"] = draw(st.booleans())
    if kind in {"RecordScheduled", "ProcessingCompleted"}:
        event["records"] = draw(st.integers(0, 9))
    return event


def in_order(events: list[dict[str, Any]]) -> list[Event]:
    """The events as a file is applied (contract 4)."""
    made = (event_of(event, Source("", 0, line)) for line, event in enumerate(events))
    return of_file(event for event in made if event is not None)


def actions_of(history: History) -> list[tuple[Any, ...]]:
    """All actions: event, action, phase, instant, begin, count."""
    causes = {id(applied): applied for happened in history.objects.values() for applied in happened.credited}.values()
    told = [(one.event.event_id, action, "instant", one.at, None, one.count) for one in causes for action in one.actions]
    for name, happened in history.objects.items():
        if name[0] == "Campaign":
            reports = [reading for readings in happened.gauges.values() for reading in readings]
            told += [
                (reading.cause.event.event_id, "RecordsScheduled", "instant", reading.at, None, reading.records)
                for reading in reports
                if reading.cause.event.kind == "RecordScheduled"
            ]
        for durable in happened.durables:
            if name[0] == "CampaignGroup" or durable.group is None:
                told.append((durable.begun_by.event.event_id, durable.action, "begin", durable.begin, None, 1))
                if durable.ended_by is not None:
                    told.append((durable.ended_by.event.event_id, durable.action, "end", durable.end, durable.begin, 1))
    return told


def object_of(report: dict[str, Any]) -> Any:
    """The plain implementation's name of a report's object."""
    return tuple(report[name] for name in ("object_type", "tenant", "campaign", "group", "calling_list"))


def expected(window: Window, names: Any) -> dict[str, float | None]:
    """Values by definition."""
    return {name: evaluate(BY_NAME[name], lambda _: window, PARSED) for name in names}


def selected(happened: Happened, names: Any, instant: int) -> dict[str, float | None]:
    """Values of the last three actions."""

    def look(statistic: Statistic) -> Window:
        asked = Asked(statistic)
        return Selection(happened, 3, asked.relative or asked.main, instant)

    return {name: evaluate(BY_NAME[name], look, PARSED) for name in names}


def replayed(events: list[dict[str, Any]], at: list[int], folder: Path, chunk: int) -> tuple[list[Any], list[Any], list[Any]]:
    """Actions, reports and dead letters of a replay."""
    source = io.BytesIO(b"".join(json.dumps(event).encode() + b"\n" for event in events))
    run_replay(source, PARSED, LIMITS, at, folder, lambda _: None, chunk)
    return tuple(
        [json.loads(line) for line in (folder / name).read_text().splitlines()]
        for name in ("actions.jsonl", "statistics.jsonl", "dead_letters.jsonl")
    )  # type: ignore[return-value]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@drawn(400)
@given(events=scenarios(), at=st.integers(0, 5_400_000), chunk=st.sampled_from([1, 2, 7, 4096]))
def test_replay_is_the_plain_recount(folder: Path, events: list[dict[str, Any]], at: int, chunk: int) -> None:
    """Actions, values at an instant and last final values are those of the rules, however the input is split into chunks (domain 3-7)."""
    instant = START + at
    actions, reports, letters = replayed(events, [instant], folder, chunk)
    ordered = in_order(events)
    stop = next((place for place, event in enumerate(ordered) if event.occurred_at >= instant), len(ordered))
    history = History(LATENESS, RETENTION)
    for event in ordered[:stop]:
        history.apply(event)
    check_instant(history, [report for report in reports if not report["final"]], instant)
    for event in ordered[stop:]:
        history.apply(event)
    assert sorted((letter["event"]["event_id"], letter["reason"]) for letter in letters) == sorted(
        (event.event_id, reason) for event, reason in history.refused
    )
    told = [(a["event_id"], a["action"], a["phase"], a["occurred_at"], a["begun_at"], a["count"]) for a in actions]
    assert sorted(told, key=repr) == sorted(actions_of(history), key=repr)
    check_finals(history, [report for report in reports if report["final"]])


def check_instant(history: History, reports: list[Any], instant: int) -> None:
    starts = {(name, profile): open_start(history, name, profile, instant) for name in history.known for profile in ALL_PROFILES}
    expected_keys = [key for key, start in starts.items() if start is not None]
    assert sorted(((object_of(report), report["profile"]) for report in reports), key=repr) == sorted(expected_keys, key=repr)
    for report in reports:
        start = starts[object_of(report), report["profile"]]
        assert start is not None
        happened = history.happened(object_of(report))
        if report["profile"] == "last3":
            assert (report["window_start"], report["as_of"], report["state"]) == (instant, instant, None)
            assert report["values"] == selected(happened, report["values"], instant), report
            continue
        window = Window(happened, start, instant, closed=False)
        assert (report["window_start"], report["as_of"], report["revision"]) == (start, instant, 0)
        assert report["values"] == expected(window, report["values"]), report
        assert report["state"] == window.state()


def open_start(history: History, name: Any, profile: str, instant: int) -> int | None:
    """Start of the window of an object that holds an instant, if it has one."""
    if profile == "last3":
        return instant
    if profile in PROFILES:
        return PROFILES[profile](instant)[0]
    return max((start for start, _ in started_windows(history, name, profile, instant + 1) if start <= instant), default=None)


def started_windows(history: History, name: Any, profile: str, until: int) -> list[tuple[int, int]]:
    """The windows that begin with a campaign or a group before an instant; the last one ends beyond it (domain 6.4, 6.5)."""
    if name[0] == "CallingList":
        return []
    of_group = name[0] == "CampaignGroup" and profile == "since"
    starts = [start.at for start in history.starts[name if of_group else ("Campaign", *name[1:3], None, None)]]
    if profile == "period" and starts:
        starts = list(range(starts[0], max(until, starts[0] + 1) + 86_400_000, 86_400_000))
    return list(pairwise([*starts, max(until, *starts, 0) + 86_400_000]))


def check_finals(history: History, reports: list[Any]) -> None:
    last: dict[Any, Any] = {}
    for report in reports:
        key = (object_of(report), report["profile"], report["window_start"])
        assert report["revision"] == (last[key]["revision"] + 1 if key in last else 0)
        last[key] = report
    seen = set()
    for name in history.known:
        for profile in ("half", "day", "since", "period"):
            for start, end in windows_of(history, name, profile):
                window = Window(history.happened(name), start, end, closed=True)
                key = (name, profile, start)
                seen.add(key)
                if key in last:
                    assert last[key]["as_of"] == end
                    assert last[key]["values"] == expected(window, last[key]["values"]), last[key]
                    assert last[key]["state"] == window.state()
                else:
                    assert not window.busy(), key
    assert set(last) <= seen


def windows_of(history: History, name: Any, profile: str) -> list[tuple[int, int]]:
    """The windows that the object's stream time has reached the end of."""
    reached = history.stream_time(name)
    if profile not in PROFILES:
        return [(start, end) for start, end in started_windows(history, name, profile, reached) if end <= reached]
    start, end = PROFILES[profile](START - 4_000_000_00)
    windows = []
    while end <= reached:
        windows.append((start, end))
        start, end = PROFILES[profile](end)
    return windows
