"""The definitions file: what is understood, and what is told of mistakes (contract 3, domain 5, 6)."""

from __future__ import annotations

import pytest

from engine.catalog import ObjectType
from engine.definitions import DefinitionsError, default_definitions, parse_definitions
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


MISTAKES = [
    ('category = "TotalNumbr"\nmain = "DialMade"\nprofiles = ["today"]', 9, "did you mean TotalNumber"),
    ('category = "MaxTime"\nmain = "DialMade"\nprofiles = ["today"]', 10, "it is of such as StatusActivated"),
    ('category = "CurrentContinuousTime"\nmain = "Predict"', 10, "it is of such as StatusActivated"),
    ('category = "AverageNumberPerRelativeHour"\nmain = "DialMade"\nrelative = "DialMade"\nprofiles = ["today"]', 11, "such as Status"),
    ('category = "TotalTimeInTimeRange"\nmain = "StatusRunning"\nprofiles = ["today"]', 8, "two numbers of seconds"),
    ('category = "TotalTimeInTimeRange"\nmain = "StatusRunning"\nrange = [60, 0]\nprofiles = ["today"]', 11, "up to a greater one"),
    ('category = "MaxTime"\nmain = "StatusRunning"\nrange = [0, 60]\nprofiles = ["today"]', 11, "MaxTime has no range"),
    ('category = "Formula"', 8, "formula must be an expression"),
    ('category = "Formula"\nformula = "1 +"', 10, "not an expression"),
    ('category = "Formula"\nformula = "S + 1"', 10, "it names itself: S -> S"),
    ('category = "Formula"\nformula = "T + 1"', 10, "no statistic 'T'"),
    ('category = "Formula"\nformula = "1"\nmain = "DialMade"', 11, "Formula has no main"),
    ('category = "TotalNumber"\nmain = "DialMad"\nprofiles = ["today"]', 10, "did you mean DialMade"),
    ('category = "TotalTime"\nmain = "DialMade"\nprofiles = ["today"]', 10, "it is of such as StatusActivated"),
    ('category = "TotalNumber"\nmain = "RecordsScheduled"\nprofiles = ["today"]', 10, "not computed of what 'RecordsScheduled' names"),
    ('category = "TotalNumber"\nmain = "StatusRunning"\nobjects = ["CallingList"]\nprofiles = ["today"]', 11, "can't have"),
    ('category = "TotalNumber"\nmain = "DialMade"\nprofiles = ["tody"]', 11, "did you mean today"),
    ('category = "TotalNumber"\nmain = "DialMade"', 8, "profiles is missing"),
    ('category = "RelativeNumber"\nmain = "DialMade"\nprofiles = ["today"]', 8, "relative is missing"),
    ('category = "TotalNumber"\nmain = "DialMade"\nprofiles = ["today"]\ninsensitivity = -1', 12, "at least 0"),
    ('category = "TotalNumber"\nmain = "DialMade"\nprofiles = ["today"]\nmian = "x"', 12, "did you mean main"),
]


@pytest.mark.parametrize(("body", "line", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_line(body: str, line: int, said: str) -> None:
    with pytest.raises(DefinitionsError) as caught:
        parse_definitions(statistic(body), "site.toml")
    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.line, mistake.name) == ("site.toml", line, "statistic.S")
    assert said in mistake.message


def test_a_formula_is_computed_for_the_objects_that_all_it_names_have() -> None:
    """Domain 5.2: over statistics of the same object."""
    named = '[statistic.N]\ncategory = "TotalNumber"\nmain = "DialMade"\nprofiles = ["today"]\n'
    timed = '[statistic.T]\ncategory = "TotalTime"\nmain = "StatusRunning"\nprofiles = ["today"]\n'
    formulas = '[statistic.G]\ncategory = "Formula"\nformula = "F * 2"\n[statistic.F]\ncategory = "Formula"\nformula = "N / T"\n'
    found = {one.name: one for one in parse_definitions(BASE + formulas + named + timed, "f").statistics}
    assert found["G"].objects == found["F"].objects == {ObjectType.CAMPAIGN, ObjectType.CAMPAIGN_GROUP}
    assert found["G"].profiles == ("now",)


def test_all_mistakes_are_told_at_once() -> None:
    profiles = '[profile.a]\nkind = "growing"\nreset = "25:00"\n[profile.b]\nkind = "sliding"\nsize = 15\nstep = 10\n'
    text = f'{profiles}[statistic.S]\ncategory = "X"\n'
    text += '[statistic.T]\ncategory = "TotalNumber"\nmain = "DialMad"\nprofiles = ["c"]\nempty = "0"\nby = ["agent"]\n'
    text += '[statistic.F]\ncategory = "Formula"\nformula = "1 +"\nobjects = ["List"]\nprofiles = ["c"]\n'
    text += '[profile.d]\nkind = "sliding"\nsize = "soon"\nstep = 0\npublish = "never"\nmin_interval = "later"\ncolour = 1\n'
    with pytest.raises(DefinitionsError) as caught:
        parse_definitions(text, "f")
    assert [mistake.line for mistake in caught.value.mistakes] == [3, 6, 9, 12, 13, 14, 15, 18, 19, 20, 23, 24, 25, 26, 27]


def test_a_file_that_is_not_toml() -> None:
    with pytest.raises(DefinitionsError, match=r"f:2: not TOML"):
        parse_definitions("[profile.a]\nkind = ", "f")


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
