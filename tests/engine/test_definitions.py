"""The definitions file: what is understood, and what is told of mistakes (contract 3, domain 5, 6)."""

from __future__ import annotations

import pytest

from engine.catalog import ObjectType
from engine.definitions import default_definitions, parse_definitions
from engine.masks import MaskError, parse_mask
from engine.profiles import Growing, Sliding

BASE = """
[profile.today]
kind = "growing"
[profile.last]
kind = "sliding"
size = "0:15:00"
step = 10
"""


def statistic(body: str) -> str:
    """A file with one statistic."""
    return f"{BASE}[statistic.S]\n{body}"


def test_the_shipped_definitions_are_understood() -> None:
    found = parse_definitions(default_definitions(), "default")
    assert set(found.profiles) == {"today", "last15", "now"}
    assert 30 <= len(found.statistics) <= 50
    assert {"DialsMade", "HitRatio", "AbandonRate", "State"} <= {one.name for one in found.statistics}


def test_profiles_are_read() -> None:
    found = parse_definitions(statistic('category = "TotalNumber"\nmain = "DialMade"\nprofiles = ["today", "last"]'), "f")
    last = found.profiles["last"]
    assert isinstance(found.profiles["today"], Growing)
    assert isinstance(last, Sliding)
    assert (last.size_ms, last.step_ms, last.publish.mode, last.publish.min_interval_ms) == (900_000, 10_000, "change", 1_000)
    assert [last.start(instant) for instant in (1_000_000, 1_000_001)] == [100_000, 110_000]


def test_objects_default_to_all_that_the_mask_can_have() -> None:
    """Contract 3, domain 5.6."""
    number = parse_definitions(statistic('category = "TotalNumber"\nmain = "*"\nprofiles = ["today"]'), "f").statistics[0]
    time = parse_definitions(statistic('category = "TotalTime"\nmain = "*"\nprofiles = ["today"]'), "f").statistics[0]
    assert number.objects == frozenset(ObjectType)
    assert time.objects == {ObjectType.CAMPAIGN, ObjectType.CAMPAIGN_GROUP}


def test_a_formula_is_computed_for_the_objects_that_all_it_names_have() -> None:
    """Domain 5.2: over statistics of the same object."""
    named = '[statistic.N]\ncategory = "TotalNumber"\nmain = "DialMade"\nprofiles = ["today"]\n'
    timed = '[statistic.T]\ncategory = "TotalTime"\nmain = "StatusRunning"\nprofiles = ["today"]\n'
    formulas = '[statistic.G]\ncategory = "Formula"\nformula = "F * 2"\n[statistic.F]\ncategory = "Formula"\nformula = "N / T"\n'
    found = {one.name: one for one in parse_definitions(BASE + formulas + named + timed, "f").statistics}
    assert found["G"].objects == found["F"].objects == {ObjectType.CAMPAIGN, ObjectType.CAMPAIGN_GROUP}
    assert found["G"].profiles == ("now",)


@pytest.mark.parametrize(
    ("mask", "names"),
    [
        ("DialBusy, dialmade", ["DialMade", "DialBusy"]),
        ("StatusRunning,~StatusRunning,Predict", ["Predict"]),
        ("DialBusy,*,~DialMade", None),
    ],
)
def test_masks_go_from_left_to_right(mask: str, names: list[str] | None) -> None:
    """Domain 5.1."""
    found = [action.name for action in parse_mask(mask).actions]
    assert found == names if names else (len(found) == 108 and "DialMade" not in found)


@pytest.mark.parametrize("mask", ["", "DialMade,,DialBusy", "~DialMade", "Dial*"])
def test_masks_that_are_none(mask: str) -> None:
    with pytest.raises(MaskError):
        parse_mask(mask)
