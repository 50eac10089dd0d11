"""Groups dial during their shifts only: activated at the begin, deactivated at the end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from simulator import preset, simulate
from simulator.shifts import DAY_MS

HOUR = 3_600_000


def _hour(instant: int) -> float:
    return instant % DAY_MS / HOUR


def test_a_site_dials_from_8_to_20_only(site):
    hours = [_hour(call["dialed_at"]) for call in site.calls]
    assert min(hours) >= 8
    assert max(hours) < 20
    assert {call["dialed_at"] // DAY_MS for call in site.calls} == {site.calls[0]["dialed_at"] // DAY_MS + day for day in (0, 1)}


def test_every_group_is_activated_in_the_morning_and_deactivated_in_the_evening():
    scenario = preset("site", seed=9)
    kinds = defaultdict(list)
    for event in simulate(replace(scenario, until_ms=scenario.start_ms + 16 * HOUR)):
        if "group" in event and event["kind"] in ("CampaignActivated", "CampaignDeactivated", "GroupRemoved"):
            kinds[event["campaign"], event["group"]].append(event["kind"])
    assert len(kinds) == scenario.campaigns * scenario.groups_per_campaign
    assert all(first == "CampaignActivated" for first, *_ in kinds.values())
    assert all(rest for _, *rest in kinds.values()), "each has left at night"


def test_a_start_within_the_shift_begins_at_once():
    start = preset("site").start_ms + 3 * HOUR
    assert next(simulate(preset("site", start_ms=start)))["occurred_at"] - start < 60_000


def test_a_start_after_the_shift_waits_for_the_next_day():
    start = preset("site").start_ms + 14 * HOUR
    assert _hour(next(simulate(preset("site", start_ms=start)))["occurred_at"]) >= 8


def test_dialing_stops_and_starts_within_a_shift(demo):
    assert demo.kinds["DialingStarted"] > demo.kinds["CampaignActivated"]


def test_a_removed_group_comes_back():
    removed, back = set(), set()
    for event in simulate(replace(preset("demo", seed=1, start_ms=0), until_ms=6 * HOUR)):
        key = (event["campaign"], event.get("group"))
        if event["kind"] == "GroupRemoved":
            removed.add(key)
        elif event["kind"] == "CampaignActivated" and key in removed:
            back.add(key)
    assert back
