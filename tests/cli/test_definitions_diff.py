"""`dialstat definitions diff`: what is told of a change, and its exit codes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from tests.engine.replaying import call, event

OLD = """
[profile.hour]
kind = "growing"
reset = "00:00 +1:00"
[profile.day]
kind = "growing"
[statistic.Dials]
category = "TotalNumber"
main = "DialMade"
profiles = ["hour", "day"]
[statistic.Hit]
category = "RelativeNumberPercentage"
main = "DialAnswer"
relative = "DialMade"
profiles = ["hour"]
[statistic.State]
category = "CurrentState"
"""
BANK = Path(__file__).parents[2] / "examples" / "bank_campaign.jsonl.gz"
RUN = """
[profile.run]
kind = "campaign_period"
days = 3650
[profile.day]
kind = "growing"
[statistic.Counted]
category = "TotalNumber"
main = "DialMade"
objects = ["Campaign"]
profiles = ["run"]
[statistic.Hit]
category = "RelativeNumberPercentage"
main = "DialAnswer"
relative = "DialMade"
objects = ["Campaign"]
profiles = ["day"]
[statistic.Scheduled]
category = "CurrentNumber"
main = "RecordsScheduled"
objects = ["Campaign"]
"""
EVENTS = [
    event("CampaignActivated", "10:00:00"),
    call("10:01:00", 33, event_id="1"),
    call("10:02:00", 7, event_id="2"),
    call("11:03:00", 7, event_id="3"),
]


@pytest.fixture(name="diff")
def _diff(tmp_path: Path) -> Any:
    """Runs the command on the old definitions and changed ones."""

    def run(new: str, *options: str, lines: list[dict[str, Any]] = EVENTS) -> Result:
        (tmp_path / "old.toml").write_text(OLD)
        (tmp_path / "new.toml").write_text(new)
        (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        paths = [str(tmp_path / name) for name in ("old.toml", "new.toml")]
        return CliRunner().invoke(app, ["definitions", "diff", *paths, "--events", str(tmp_path / "events.jsonl"), *options])

    return run


def test_nothing_differs(diff: Any) -> None:
    result = diff("# the same, written otherwise\n" + OLD)
    assert result.exit_code == 0
    assert result.stdout.startswith("The definitions are the same.\n\n0 of ")


def test_what_differs_is_listed_by_object_and_statistic(diff: Any, snapshot: Any) -> None:
    """What both have first, then what one adds, then windows that only one has; null is a value, - is none."""
    new = OLD.replace('relative = "DialMade"', 'relative = "DialMade"\nempty = 0').replace('main = "DialAnswer"', 'main = "DialNoAnswer"')
    new = new.replace(
        "[statistic.State]", '[statistic.Leads]\ncategory = "TotalNumber"\nmain = "LeadProcessed"\nprofiles = ["day"]\n[statistic.State]'
    )
    new = new.replace('[profile.day]\nkind = "growing"', '[profile.day]\nkind = "growing"\nreset = "06:00"')
    result = diff(new.replace('category = "CurrentState"', 'category = "CurrentState"\nobjects = ["Campaign"]'))
    assert result.exit_code == 1
    assert result.stdout == snapshot


def test_every_difference_is_a_line_of_json(diff: Any) -> None:
    result = diff(OLD.replace('main = "DialAnswer"', 'main = "DialNoAnswer"'), "--json", "--at", "2026-01-05T10:01:30Z", "--limit", "0")
    assert result.exit_code == 1
    table, *lines = map(json.loads, result.stdout.splitlines())
    assert (table["table"], table["keys"], table["old"]["main"], table["new"]["main"]) == (
        "statistic.Hit",
        ["main"],
        "DialAnswer",
        "DialNoAnswer",
    )
    of_campaign = [line for line in lines if line["object_type"] == "Campaign"]
    assert {line["statistic"] for line in lines} == {"Hit"}
    assert [(line["final"], line["old"], line["new"]) for line in of_campaign] == [(False, 100, 0), (False, 0, 100)], (
        "50 % either way at 11:00"
    )


@pytest.fixture(name="bank_diff")
def _bank_diff(tmp_path: Path) -> Callable[..., Result]:
    """Runs the command on a file of the bank's events."""

    def run(new: str, events: Path, *options: str) -> Result:
        for name, text in (("old.toml", RUN), ("new.toml", new)):
            (tmp_path / name).write_text(text)
        paths = [str(tmp_path / name) for name in ("old.toml", "new.toml")]
        return CliRunner().invoke(app, ["definitions", "diff", *paths, "--events", str(events), *options])

    return run


def test_the_bank_campaign_by_other_definitions_has_the_published_counts(bank_diff: Callable[..., Result]) -> None:
    """Dials before, leads after; the counts that come with the data."""
    result = bank_diff(RUN.replace('main = "DialMade"\nobjects', 'main = "LeadProcessed"\nobjects'), BANK, "--json")
    assert result.exit_code == 1
    table, *lines = map(json.loads, result.stdout.splitlines())
    assert (table["table"], table["keys"]) == ("statistic.Counted", ["main"])
    assert {(line["campaign"], line["statistic"], line["final"]) for line in lines} == {
        (f"term-deposit-{year}", "Counted", False) for year in (2008, 2009, 2010)
    }
    assert (sum(line["old"] for line in lines), sum(line["new"] for line in lines)) == (105_754, 41_188)


def test_a_change_shown_on_days_of_the_bank_campaign(bank_diff: Callable[..., Result], tmp_path: Path, snapshot: Any) -> None:
    """Days that are over, the last one as it is at the end, and a value of the present."""
    with gzip.open(BANK) as lines:
        (tmp_path / "head.jsonl").write_bytes(b"".join(next(lines) for _ in range(2_000)))
    new = RUN.replace('main = "DialAnswer"', 'main = "DialAnswer,DialNoAnswer"')
    new += '[statistic.Left]\ncategory = "Formula"\nformula = "Scheduled - 1"\nobjects = ["Campaign"]\n'
    result = bank_diff(new, tmp_path / "head.jsonl")
    assert result.exit_code == 1
    assert result.stdout == snapshot


def test_the_list_is_no_longer_than_asked(diff: Any) -> None:
    result = diff(OLD.replace('main = "DialAnswer"', 'main = "DialBusy"'), "--limit", "2")
    *lines, last = result.stdout.splitlines()
    assert sum("  hour  " in line for line in lines) == 2
    assert last == "and 1 more; --limit lists them, --json prints all"


def test_a_statistic_may_be_called_as_the_state_is(diff: Any) -> None:
    """One does not hide the other."""
    text = OLD + '[statistic.state]\ncategory = "CurrentNumber"\nmain = "StatusActivated"\nobjects = ["CampaignGroup"]\n'
    result = diff(text)
    lines = [line.split() for line in result.stdout.splitlines() if " now " in line]
    assert lines == [["CampaignGroup", "C/G", "now", "at", "2026-01-05T11:03:00.001Z", "state", "-", "1.0"]]


def test_lines_that_are_not_counted_are_told_of(diff: Any) -> None:
    result = diff(OLD, lines=[*EVENTS, {"kind": "Nonsense"}, {**EVENTS[1], "call_result": 18}])
    assert result.exit_code == 0
    assert "not counted: 2;" in result.stderr


def test_a_file_of_something_else_is_no_proof_that_nothing_differs(diff: Any) -> None:
    result = diff(OLD.replace('main = "DialAnswer"', 'main = "DialBusy"'), lines=[{"object_type": "Campaign", "values": {}}])
    assert result.exit_code == 2
    assert "no line is an event of the offline form; of line 1: None is not the kind" in result.stderr


def test_a_mistake_is_told_as_everywhere(diff: Any) -> None:
    result = diff(OLD.replace("TotalNumber", "TotalNumbers"))
    assert result.exit_code == 2
    assert "did you mean TotalNumber" in result.stderr


def test_without_events_there_is_nothing_to_compare(diff: Any) -> None:
    result = diff(OLD.replace('main = "DialAnswer"', 'main = "DialBusy"'), lines=[])
    assert result.exit_code == 0
    assert "0 of 0 values" in result.stdout
