"""Test cases of definitions: what a supervisor writes down, and what is said when it isn't so."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.campaigns import Limits
from engine.definitions import Definitions, default_definitions, parse_definitions
from topologies.cases import CaseError, read_case, run_case

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "cases").glob("*.toml"))
SHIPPED = parse_definitions(default_definitions(), "shipped")
EVENTS = """
common = { campaign = "spring", group = "north", calling_list = "customers" }
events = [
  { at = "10:00:00", kind = "DialingStarted" },
  { at = "10:01:00", kind = "CallCompleted", call_result = 33, times = 3 },
  { at = 10:02:00, kind = "CallCompleted", call_result = 7 },
  { at = "2026-01-06T00:10:00+01:00", kind = "CallCompleted", call_result = 7, tenant = "bank" },
  { at = 2026-01-06 00:05:00, kind = "CallCompleted", call_result = 7 },
]
"""


def differences(folder: Path, expectations: str, definitions: Definitions = SHIPPED, events: str = EVENTS) -> list[str]:
    file = folder / "case.toml"
    file.write_text(events + expectations, encoding="utf-8")
    return run_case(read_case(file), definitions, Limits())


def mistakes(folder: Path, text: str) -> str:
    file = folder / "case.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as error:
        read_case(file)
    return str(error.value).replace(str(file), "case.toml")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_examples_are_as_expected(file: Path) -> None:
    case = read_case(file)
    assert case.description
    assert run_case(case, SHIPPED, Limits()) == []


@pytest.mark.parametrize(
    "expectation",
    [
        'at = "10:05:00"\ncampaign = "spring"\nprofile = "today"\nvalues = { DialsMade = 4, HitRatio = 75.0 }',
        'at = 10:05:00\ncampaign = "spring"\ngroup = "north"\nprofile = "now"\nstatus = "StatusRunning"',
        'at = "10:05:00"\ncalling_list = "customers"\nprofile = "today"\nvalues = { DialsMade = 4 }',
        'at = "10:05:00"\ncampaign = "spring"\ncalling_list = "customers"\nprofile = "today"\nvalues = { AbandonRate = 0 }',
        'closed = "2026-01-06T00:00:00"\ncampaign = "spring"\nprofile = "today"\nvalues = { DialsMade = 4, AverageRunningTime = "none" }',
        'at = "23:59:00"\ntenant = "bank"\ncampaign = "spring"\nprofile = "today"\nvalues = { DialsMade = 1 }',
        'at = "2026-01-06T01:10:00+01:00"\ncampaign = "spring"\nprofile = "today"\nvalues = { DialsMade = 1 }',
    ],
)
def test_what_is_so_is_as_expected(tmp_path: Path, expectation: str) -> None:
    assert differences(tmp_path, f"[[expect]]\n{expectation}\n") == []


def test_an_object_that_is_not_there_is_told(tmp_path: Path) -> None:
    expectation = '[[expect]]\nat = "09:00:00"\ncampaign = "spring"\nprofile = "now"\n'
    assert differences(tmp_path, expectation) == ["spring (Campaign) under now at 09:00:00: there is no such report"]


def test_what_is_not_so_is_told_in_words(tmp_path: Path) -> None:
    found = differences(
        tmp_path,
        """
dead_letters = ["anomaly"]
[[expect]]
at = "10:05:00"
campaign = "spring"
group = "north"
profile = "now"
status = "StatusActivated"
[[expect]]
at = "10:05:00"
campaign = "spring"
profile = "today"
values = { DialsMade = 5, HitRatio = "none", AverageRunningTime = 1, Dails = 4 }
[[expect]]
closed = "11:00:00"
campaign = "spring"
profile = "today"
""",
    )
    assert found[0] == "spring north (CampaignGroup) under now at 10:05:00: the status is StatusRunning, expected StatusActivated"
    assert found[1] == "spring (Campaign) under today at 10:05:00: DialsMade is 4, expected 5"
    assert found[2] == "spring (Campaign) under today at 10:05:00: HitRatio is 75, expected none"
    assert found[3] == "spring (Campaign) under today at 10:05:00: AverageRunningTime is none, expected 1"
    assert found[4].startswith("spring (Campaign) under today at 10:05:00: there is no statistic Dails; there are DialsMade, ")
    assert found[5] == "spring (Campaign) under today closed 11:00:00: there is no such report"
    assert found[6] == "dead letters are [], expected ['anomaly']"
    assert len(found) == 7


def test_an_event_that_is_set_aside_is_told(tmp_path: Path) -> None:
    """A misspelt field would otherwise only show as a number that is too low."""
    events = 'events = [{ at = "10:00:00", kind = "CallCompleted", campaign = "c", calling_list = "l", call_reslt = 33 }]\n'
    (told,) = differences(tmp_path, '[[expect]]\nat = "10:00:00"\ncampaign = "c"\nprofile = "now"\n', events=events)[-1:]
    assert told.startswith("dead letters are ['missing_field'], expected [] (line 1: the field call_result")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("events = [", "case.toml: not TOML: "),
        ("", "case.toml: events: Field required\ncase.toml: expect: Field required"),
        (
            EVENTS + '[[expect]]\nat = "25:99"\ncampaign = "c"\nprofile = "p"',
            'expect.0.at: Value error, expected a time such as "10:05',
        ),
        (EVENTS + '[[expect]]\nat = 5\ncampaign = "c"\nprofile = "p"', "got 5"),
        (EVENTS + '[[expect]]\ncampaign = "c"\nprofile = "p"', "expect.0: Value error, say either `at` or `closed`"),
        (EVENTS + '[[expect]]\nat = "10:00"\nclosed = "10:00"\ncampaign = "c"\nprofile = "p"', "say either `at` or `closed`"),
        (EVENTS + '[[expect]]\nat = "10:00"\ngroup = "g"\nprofile = "p"', "name a campaign, a campaign and a group"),
        (EVENTS + '[[expect]]\nat = "10:00"\ncampaign = "c"', "expect.0.profile: Field required"),
        (EVENTS + '[[expect]]\nat = "10:00"\ncampaign = "c"\nprofile = "p"\nvalue = {}', "expect.0.value: Extra inputs are not permitted"),
        (EVENTS + '[[expect]]\nat = "10:00"\ncampaign = "c"\nprofile = "p"\nvalues = { A = "many" }', "expect.0.values.A"),
        ('events = [{ at = "10:00", times = "x", kind = "k" }]\nexpect = []', "events.0.times"),
        ('events = [{ at = "10:00", times = 0, kind = "k" }]\nexpect = []', "greater than or equal to 1"),
    ],
)
def test_what_is_no_case_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    assert told in mistakes(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert mistakes(tmp_path, 'evnts = []\nevents = [{ kind = "k" }]\n[[expect]]\nprofile = 3\n').count("case.toml: ") >= 3
