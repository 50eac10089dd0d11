"""The recount's own ways to windows, formulas and the order of two topics, each held against another (domain 2.5, 5.2, 6)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.formulas import parse_formula
from engine.formulas import value_of as engines_value_of
from engine.profiles import CampaignPeriod, Growing, Publish, SinceActivation, Sliding
from engine.wallclock import parse_resets
from recount.events import Event, Source
from recount.formulas import value_of
from recount.happened import Applied
from recount.order import of_partition
from recount.passing import NOWHERE, Passing
from recount.starts import Start, begin
from recount.windows import misplaced, resets_around
from transport.merge import Queue, merge_plainly

ZONES = ["UTC", "Europe/Paris", "America/Sao_Paulo", "Asia/Gaza", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns"]
RESETS = ["00:00", "02:30", "23:59:59", "06:00, 14:00, 22:00", "00:00 +0:30", "01:00 +7:00"]
PUBLISH = Publish()


def growing(resets: str, zone: str) -> Growing:
    return Growing("p", PUBLISH, resets, zone, parse_resets(resets, zone))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RESETS), st.sampled_from(ZONES), st.integers(-2_000_000_000_000, 2_500_000_000_000))
def test_resets_are_the_engines_in_every_zone(resets: str, zone: str, instant: int) -> None:
    """Domain 6.1: skipped and repeated local times, zones that skipped a day."""
    profile = growing(resets, zone)
    assert resets_around(profile, instant) == profile.resets.window(instant)


_NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, width=32), st.sampled_from([0.0, -0.0, 0.5, 2.5, 1e308]))
_FORMULAS = ["a / b", "a * b - -a", "min(a, b)", "max(a, b, 0)", "abs(a) + if_null(b, 7)", "round(a, b)", "round(a * 1e300)", "a / (b - b)"]


@given(st.sampled_from(_FORMULAS), _NUMBERS, _NUMBERS)
def test_formulas_are_the_engines(text: str, a: float | None, b: float | None) -> None:
    """Null spreads, and what is beyond all numbers is null (domain 5.2, 5.4)."""
    given_values = {"a": a, "b": b}
    columns = {name: np.array([np.nan if value is None else value]) for name, value in given_values.items()}
    (expected,) = engines_value_of(parse_formula(text), columns, 1).tolist()
    assert value_of(text, given_values) == (None if np.isnan(expected) else expected)


def event(offset: int, at: int, kind: str, campaign: str = "c") -> Event:
    topic = "r" if kind == "CallCompleted" else "e"
    return Event(Source(topic, 0, offset), f"{topic}{offset}", kind, "", campaign, "g", "l", at)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("cd"))), st.lists(st.tuples(st.integers(0, 9), st.sampled_from("cd"))))
def test_two_topics_are_merged_by_the_rule(first: list[tuple[int, str]], second: list[tuple[int, str]]) -> None:
    """Domain 2.5: the same order as the transport's, when all of both is at hand."""
    events = [event(offset, at, "AgentError", campaign) for offset, (at, campaign) in enumerate(first)]
    results = [event(offset, at, "CallCompleted", campaign) for offset, (at, campaign) in enumerate(second)]
    queues = [Queue(np.array(keys_of(one), dtype=np.int64), ended=True) for one in (first, second)]
    expected = [(events, results)[queue][row] for queue, row in merge_plainly(queues[0], queues[1], len(first) + len(second))]
    assert of_partition(events, results) == expected


def keys_of(rows: list[tuple[int, str]]) -> list[int]:
    return [max(at for at, one in rows[: place + 1] if one == campaign) for place, (_, campaign) in enumerate(rows)]


def test_reports_bound_how_far_results_had_gone() -> None:
    """An event was applied after what a report before it had reached, and before what one after it had."""
    results = [event(0, 10, "CallCompleted"), event(1, 30, "CallCompleted"), event(2, 20, "CallCompleted"), event(3, 50, "CallCompleted")]
    started = event(5, 25, "CampaignActivated")
    assert Passing(results, []).clocks(started) == (NOWHERE, 50)
    assert Passing(results, [(4, 0), (5, 2), (9, 3)]).clocks(started) == (10, 30)
    assert Passing(results, [(5, -1)]).clocks(started) == (NOWHERE, NOWHERE)
    assert Passing([], [(4, 0)]).clocks(started) == (NOWHERE, NOWHERE)


def starts(*bounds: tuple[int, int, int]) -> list[Start]:
    """Starts at moments (moment, least, greatest clock of the results)."""
    known: list[Start] = []
    for place, (moment, least, greatest) in enumerate(bounds):
        begin(known, Applied(event(place, moment, "CampaignActivated"), place, moment), moment, 0, (least, least, greatest))
    return known


SINCE = SinceActivation("since", PUBLISH)


@pytest.mark.parametrize(
    ("profile", "start", "until", "final", "wrong"),
    [
        (SINCE, 100, 150, False, None),
        (SINCE, 99, 150, False, "no window begins there"),
        (SINCE, 201, 210, False, None),
        (SINCE, 231, 260, False, None),
        (SINCE, 232, 260, False, "no window begins there"),
        (SINCE, 100, 260, False, "another window has begun at 200"),
        (SINCE, 100, 220, True, None),
        (SINCE, 100, 300, True, "no other window begins where it ends"),
        (CampaignPeriod("period", PUBLISH, 1), 100, 101, False, None),
        (CampaignPeriod("period", PUBLISH, 1), 86_400_100, 172_800_100, True, None),
        (CampaignPeriod("period", PUBLISH, 1), 101, 102, False, "the first period begins at 100"),
        (CampaignPeriod("period", PUBLISH, 1), 100, 101, True, "the period ends at 86400100"),
        (growing("00:00", "UTC"), 0, 5, False, None),
        (growing("00:00", "UTC"), 0, 86_400_000, True, None),
        (growing("00:00", "UTC"), 0, 86_400_000, False, "the window is from 86400000 to 172800000"),
        (Sliding("slide", PUBLISH, 300, 60), -240, 60, False, None),
        (Sliding("slide", PUBLISH, 300, 60), -240, 61, False, "the window begins at -180"),
    ],
)
def test_windows_that_a_profile_does_not_have_are_told(profile: Any, start: int, until: int, final: bool, wrong: str | None) -> None:
    """Domain 6; a start that results may have passed can be at any instant up to 1 ms after them (6.4)."""
    found = misplaced(profile, starts((100, 0, 0), (200, 0, 230)), start, until, final=final)
    assert (found is None) == (wrong is None)
    assert found is None or wrong is None or wrong in found


def test_a_campaign_that_was_never_activated_has_no_period() -> None:
    """Domain 6.5."""
    assert misplaced(CampaignPeriod("period", PUBLISH, 1), [], 0, 1, final=False) == "the campaign has not been activated"
