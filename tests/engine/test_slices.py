"""Filters and breakdowns: what of an object's events counts, and how the rest is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.replaying import Replay, at, call, event

PROFILES = """
[profile.hour]
kind = "growing"
reset = "00:00 +1:00"
[profile.slide]
kind = "sliding"
size = 600
step = 60
"""
INSTANT = at("11:59:30")


def values(folder: Path, events: list[dict[str, Any]], statistic: str, chunk: int = 4_096, **names: Any) -> dict[str, float | None]:
    """Values half a minute before noon of the campaign, or of the object with these names, under both profiles, which agree."""
    replay = Replay(folder, events, f'{PROFILES}[statistic.S]\n{statistic}\nprofiles = ["hour", "slide"]\n', [INSTANT], chunk)
    wanted = {"object_type": "Campaign", **names}
    hour, slide = (
        next(one["values"] for one in replay.reports if one["profile"] == profile and wanted.items() <= one.items())
        for profile in ("hour", "slide")
    )
    assert hour == slide
    found: dict[str, float | None] = hour
    return found


CALLS = [
    event("DialingStarted", "11:50:00", dial_mode="Predict"),
    call("11:55:00", 33, group="G", attempt=1, event_id="1"),
    call("11:56:00", 6, group="G", attempt=2, event_id="2"),
    event("DialModeChanged", "11:57:00", dial_mode="Progress"),
    call("11:57:00", 6, group="G", attempt=1, event_id="3"),
    call("11:58:00", 7, attempt=1, calling_list="M", event_id="4"),
    call("11:58:30", 6, group="H", calling_list="M", event_id="5"),
]
DIALS = 'category = "TotalNumber"\nmain = "DialMade"\n'


@pytest.mark.parametrize("chunk", [1, 2, 4_096])
@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (
            DIALS + 'by = ["call_result"]',
            {"S": 5, 'S{call_result="Answer"}': 1, 'S{call_result="Busy"}': 3, 'S{call_result="No Answer"}': 1},
        ),
        (DIALS + 'by = ["group"]', {"S": 5, 'S{group="G"}': 3, 'S{group=""}': 1, 'S{group="H"}': 1}),
        (DIALS + 'by = ["calling_list"]', {"S": 5, 'S{calling_list="L"}': 3, 'S{calling_list="M"}': 2}),
        (DIALS + 'by = ["attempt"]', {"S": 5, 'S{attempt="1"}': 3, 'S{attempt="2"}': 1, 'S{attempt=""}': 1}),
        (DIALS + 'by = ["dial_mode"]', {"S": 5, 'S{dial_mode="Predict"}': 2, 'S{dial_mode="Progress"}': 1, 'S{dial_mode=""}': 2}),
        (DIALS + "where = { attempt = 1 }", {"S": 3}),
        (DIALS + 'where = { call_result = [6, "no answer"] }', {"S": 4}),
        (DIALS + 'where = { group = "", calling_list = "M" }', {"S": 1}),
        (DIALS + 'where = { group = "nobody" }', {"S": 0}),
        (
            DIALS + 'where = { attempt = [1, 2] }\nby = ["group", "attempt"]',
            {"S": 4, 'S{group="G",attempt="1"}': 2, 'S{group="G",attempt="2"}': 1, 'S{group="",attempt="1"}': 1},
        ),
        (
            'category = "RelativeNumberPercentage"\nmain = "DialBusy"\nrelative = "DialMade"\nby = ["attempt"]',
            {"S": 60, 'S{attempt="1"}': pytest.approx(100 / 3), 'S{attempt="2"}': 100, 'S{attempt=""}': 100},
        ),
        (DIALS + 'by = ["group"]\nlimit = 1', {"S": 5, 'S{group="G"}': 3, "S{other}": 2}),
        ('category = "TotalNumber"\nmain = "*"\nwhere = { call_result = "Busy" }', {"S": 6}),
    ],
)
def test_values(tmp_path: Path, statistic: str, expected: dict[str, Any], chunk: int) -> None:
    """A mode holds from its instant on (2.5: of equals, the control event first); the first values to appear are told apart."""
    assert values(tmp_path, CALLS, statistic, chunk) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"object_type": "CampaignGroup", "group": "G"}, {"S": 3, 'S{call_result="Answer"}': 1, 'S{call_result="Busy"}': 2}),
        ({"object_type": "CallingList", "calling_list": "M"}, {"S": 2, 'S{call_result="No Answer"}': 1, 'S{call_result="Busy"}': 1}),
        ({"object_type": "CampaignCallingList", "calling_list": "L"}, {"S": 3, 'S{call_result="Answer"}': 1, 'S{call_result="Busy"}': 2}),
    ],
)
def test_every_object_has_parts_of_its_own(tmp_path: Path, names: dict[str, str], expected: dict[str, Any]) -> None:
    assert values(tmp_path, CALLS, DIALS + 'by = ["call_result"]', **names) == expected


def test_a_list_tells_the_groups_and_modes_of_all_campaigns_apart(tmp_path: Path) -> None:
    """Domain 1.3."""
    other = [
        event("DialingStarted", "11:51:00", campaign="D", group="G", dial_mode="Power"),
        call("11:59:00", 6, campaign="D", group="G", event_id="6"),
    ]
    found = values(tmp_path, [*CALLS, *other], DIALS + 'by = ["group", "dial_mode"]', object_type="CallingList", calling_list="L")
    assert found == {
        "S": 4,
        'S{group="G",dial_mode="Predict"}': 2,
        'S{group="G",dial_mode="Progress"}': 1,
        'S{group="G",dial_mode="Power"}': 1,
    }


def test_a_late_call_has_the_mode_of_its_own_time(tmp_path: Path) -> None:
    late = call("11:52:00", 6, group="G", event_id="late")
    assert values(tmp_path, [*CALLS, late], DIALS + 'by = ["dial_mode"]')['S{dial_mode="Predict"}'] == 3


def test_names_are_quoted(tmp_path: Path) -> None:
    found = values(tmp_path, [call("11:55:00", 6, group='a"b\\{é}')], DIALS + 'by = ["group"]')
    assert found == {"S": 1, 'S{group="a\\"b\\\\{é}"}': 1}


def test_parts_follow_their_windows(tmp_path: Path) -> None:
    """A part is in the final report of its window, and in a correction of it (domain 6.6), and gone from the next."""
    definitions = f'{PROFILES}[statistic.S]\n{DIALS}by = ["group"]\nprofiles = ["hour"]\n'
    events = [*CALLS, call("12:10:00", 6, event_id="next"), call("11:59:00", 6, group="H", event_id="late")]
    replay = Replay(tmp_path, events, definitions, [at("12:20:00")])
    finals = [one["values"] for one in replay.reports if one["object_type"] == "Campaign" and one["final"]]
    assert finals[-1] == {"S": 6, 'S{group="G"}': 3, 'S{group=""}': 1, 'S{group="H"}': 2}
    (now,) = [one["values"] for one in replay.reports if one["object_type"] == "Campaign" and not one["final"]]
    assert now == {"S": 1, 'S{group=""}': 1}
