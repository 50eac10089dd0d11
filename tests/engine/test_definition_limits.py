"""Definitions that ask for too much are refused, each with what to do."""

import pytest

from engine.definition_limits import DefinitionLimits, excesses, most_values
from engine.definitions import ObjectType, default_definitions, parse_definitions

DEFINITIONS = parse_definitions(
    """
[profile.day]
kind = "growing"
[profile.last]
kind = "sliding"
size = 600
step = 10
[statistic.Dials]
category = "TotalNumber"
main = "DialMade"
profiles = ["day", "last"]
[statistic.Outcomes]
objects = ["Campaign"]
category = "TotalNumber"
main = "DialMade"
by = ["call_result"]
limit = 20
profiles = ["day"]
[statistic.Scheduled]
category = "CurrentNumber"
main = "RecordsScheduled"
""",
    "test",
)


def test_a_breakdown_may_have_its_limit_and_the_rest():
    assert most_values(DEFINITIONS, "day", ObjectType.CAMPAIGN) == 1 + 21
    assert most_values(DEFINITIONS, "day", ObjectType.CAMPAIGN_GROUP) == 1


@pytest.mark.parametrize(
    ("limits", "table", "message"),
    [
        (DefinitionLimits(statistics=2), "", "3 statistics are defined, and statistic_limit is 2"),
        (DefinitionLimits(profiles=1), "", "2 profiles are defined, and profile_limit is 1"),
        (DefinitionLimits(panes=59), "profile.last", "a window of 60 steps, and pane_limit is 59"),
        (DefinitionLimits(values=21), "profile.day", "a report of a Campaign under it may have 22 values, and value_limit is 21"),
    ],
)
def test_what_is_beyond_a_limit_is_told_with_its_place(limits, table, message):
    (excess,) = excesses(DEFINITIONS, limits)
    assert (excess.table, excess.message.startswith(message)) == (table, True), excess


def test_what_just_fits_is_taken():
    assert list(excesses(DEFINITIONS, DefinitionLimits(statistics=3, profiles=2, panes=60, values=22))) == []
    assert list(excesses(parse_definitions(default_definitions(), "shipped"), DefinitionLimits())) == []
