"""The curve shows what the totals of reports say, however many reports there were (domain 7.1, 7.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.site import MINUTE, SECOND
from web.curve import REACH_MS, STEP_MS, Curve

_gaps_and_dials = st.lists(st.tuples(st.integers(0, 40 * SECOND), st.integers(0, 50)), min_size=1, max_size=20)


def drawn(curve: Curve) -> dict[int, list[float]]:
    return {int(start): counts for start, *counts in curve.since(-1)}


def test_the_first_report_is_only_where_counting_begins() -> None:
    curve = Curve()
    curve.add(0, 12 * SECOND, {"DialsMade": 900.0}, 1)
    assert curve.since(-1) == []


def test_what_came_between_two_reports_is_shared_by_time() -> None:
    curve = Curve()
    curve.add(0, 5 * SECOND, {"DialsMade": 10.0, "Answers": 0.0}, 1)
    curve.add(0, 25 * SECOND, {"DialsMade": 30.0, "Answers": 4.0}, 2)
    assert drawn(curve) == {0: [5.0, 1.0], 10_000: [10.0, 2.0], 20_000: [5.0, 1.0]}


def test_a_new_window_counts_from_nothing() -> None:
    """Domain 6.1: at a reset the totals begin again."""
    curve = Curve()
    curve.add(0, 59 * SECOND, {"DialsMade": 900.0}, 1)
    curve.add(MINUTE, 61 * SECOND, {"DialsMade": 4.0}, 2)
    assert sum(dials for dials, _ in drawn(curve).values()) == pytest.approx(4)


def test_a_correction_downwards_is_no_negative_dial() -> None:
    curve = Curve()
    for as_of, dials in ((1_000, 5.0), (2_000, 3.0)):
        curve.add(0, as_of, {"DialsMade": dials}, as_of)
    assert all(count >= 0 for counts in drawn(curve).values() for count in counts)


def test_reports_without_dials_make_no_curve() -> None:
    """Definitions may lack a statistic, and a statistic a value (5.4)."""
    curve = Curve()
    for as_of in (1_000, 20_000):
        curve.add(0, as_of, {"DialsMade": None, "Answers": 3.0}, 1)
    assert curve.since(-1) == []


def test_only_changed_points_are_told_again() -> None:
    curve = Curve()
    for version, as_of in enumerate((1_000, 12_000, 21_000, 22_000), 1):
        curve.add(0, as_of, {"DialsMade": float(as_of)}, version)
    assert [start for start, *_ in curve.since(3)] == [20_000]


@given(_gaps_and_dials)
def test_no_dial_is_lost_or_made_up(steps: list[tuple[int, int]]) -> None:
    curve = Curve()
    as_of, total = 3_000, 100
    curve.add(0, as_of, {"DialsMade": float(total)}, 0)
    for version, (gap, dials) in enumerate(steps, 1):
        as_of, total = as_of + gap, total + dials
        curve.add(0, as_of, {"DialsMade": float(total)}, version)
    assert sum(dials for dials, _ in drawn(curve).values()) == pytest.approx(total - 100, abs=0.05)


@given(st.lists(st.integers(0, 2 * REACH_MS), min_size=1, max_size=30))
def test_its_size_is_bounded(gaps: list[int]) -> None:
    curve = Curve()
    as_of = 0
    for gap in gaps:
        as_of += gap
        curve.add(0, as_of, {"DialsMade": float(as_of)}, 1)
    points = drawn(curve)
    assert len(points) <= REACH_MS // STEP_MS
    assert all(as_of - REACH_MS < start <= as_of for start in points)
